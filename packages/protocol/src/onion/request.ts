/** Onion requests of a client: build the layers, open the answer. @see docs/protocol/onion.md §1 */
import { wipe } from '../bytes/bytes.ts'
import type { JsonObject } from '../codec/json.ts'
import type { Crypto, RandomBytes } from '../crypto/crypto.ts'
import type { X25519PublicKey } from '../crypto/keys.ts'
import { AuthenticationError, MessengerError } from '../errors.ts'
import type { NodeId } from '../swarm/node-id.ts'
import { deriveLayerCipher, type EncType, type LayerCipher, openWithCipher, sealWithCipher } from './cipher.ts'
import { encodeCombined } from './combined.ts'
import { layerKeysJson, MAX_HOP } from './relay-frame.ts'
import { DEFAULT_REPLY_OPTIONS, decodeReplyContent, type ReplyOptions, replyCiphertext } from './reply.ts'

export type OnionHop = { readonly nodeId: NodeId; readonly x25519: X25519PublicKey }

export type OnionDestination =
  | ({ readonly kind: 'node'; readonly reply?: ReplyOptions } & OnionHop)
  | {
      readonly kind: 'server'
      readonly host: string
      /** Path of the URL: `/oxen/v4/lsrpc` or `/loki/v3/lsrpc`. */
      readonly target: string
      /** 443 unless told, also with http. */
      readonly port?: number
      readonly protocol?: 'http' | 'https'
      readonly x25519: X25519PublicKey
      /** `unnamed`: aes-gcm without saying so, for servers that do not know the field. The request's unless told. */
      readonly encType?: EncType | 'unnamed'
    }

export type OnionReply =
  /** Of the destination. `body` is a string unless the destination was asked for JSON. */
  | { readonly kind: 'node'; readonly status: number; readonly body: unknown }
  /** Of a server: what it encrypted. */
  | { readonly kind: 'server'; readonly plaintext: Uint8Array }
  /** Of a hop on the way (0 is the guard), about a layer that it could not make sense of. */
  | { readonly kind: 'relay'; readonly hop: number; readonly status: number; readonly body: unknown }

export interface OnionRequest extends Disposable {
  /** HTTP body or link payload for the guard. */
  readonly body: Uint8Array
  /**
   * Opens the body of an answer with status 200. Tries the key of the destination first, then those of the hops.
   *
   * @throws {AuthenticationError} `open_failed`, if no key fits.
   * @throws {MalformedInputError} `onion_reply`
   */
  open(reply: Uint8Array): OnionReply
  /** Wipes the keys of all layers. */
  [Symbol.dispose](): void
}

/** The caller asks for what cannot be built. */
export class OnionRequestError extends MessengerError {
  override readonly name = 'OnionRequestError'
  readonly fault = 'caller'
  /** `no_relay`: a server needs at least one hop before it. */
  readonly code: 'no_relay' | 'too_many_hops'
  constructor(code: OnionRequestError['code']) {
    super(code.replaceAll('_', ' '))
    this.code = code
  }
}

type Layer = {
  readonly cipher: LayerCipher
  readonly ephemeralKey: X25519PublicKey
  readonly encType: EncType | undefined
}

/**
 * Builds a request, innermost layer first. Each layer draws 32 bytes for its ephemeral key, then its nonce (24 bytes for
 * `xchacha20`, 12 for `aes-gcm`). Adds 232 bytes a relay with `xchacha20`, 218 with `aes-gcm`; nothing is padded.
 *
 * @param options.path relays, the guard first; may be empty if the destination is a node
 * @param options.hopNumber where hops start to count, 0…12 for three relays and a destination: hides that the first one is first
 * @throws {OnionRequestError}
 * @throws {AuthenticationError} `weak_public_key`, if a hop's X25519 key is one
 */
export function buildOnionRequest(options: {
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly path: readonly OnionHop[]
  readonly destination: OnionDestination
  readonly payload: Uint8Array
  readonly encType: EncType
  readonly hopNumber?: number
}): OnionRequest {
  const { path, destination, payload, hopNumber } = options
  if (destination.kind === 'server' && path.length === 0) throw new OnionRequestError('no_relay')
  if (path.length + (hopNumber ?? 0) > MAX_HOP) throw new OnionRequestError('too_many_hops')

  const inner = createLayer(options, destination.x25519, innerEncType(options))
  const layers = [inner]
  let blob = sealWithCipher(options, inner.cipher, innermostPlaintext(destination, payload))
  let route = destinationRoute(destination)
  for (const hop of path.toReversed()) {
    const { ephemeralKey, encType } = layers.at(-1)!
    const plaintext = encodeCombined(blob, JSON.stringify({ ...route, ...layerKeysJson(ephemeralKey, encType) }))
    const layer = createLayer(options, hop.x25519, options.encType)
    layers.push(layer)
    blob = sealWithCipher(options, layer.cipher, plaintext)
    route = { destination: hop.nodeId }
  }
  const { ephemeralKey, encType } = layers.at(-1)!
  const control = { ...layerKeysJson(ephemeralKey, encType), ...(hopNumber === undefined ? {} : { hop_no: hopNumber }) }
  return new BuiltRequest(options.crypto, encodeCombined(blob, JSON.stringify(control)), layers, destination.kind)
}

class BuiltRequest implements OnionRequest {
  readonly body: Uint8Array
  readonly #crypto: Crypto
  /** Destination first. */
  readonly #layers: readonly Layer[]
  readonly #kind: OnionDestination['kind']
  constructor(crypto: Crypto, body: Uint8Array, layers: readonly Layer[], kind: OnionDestination['kind']) {
    this.#crypto = crypto
    this.body = body
    this.#layers = layers
    this.#kind = kind
  }

  open(reply: Uint8Array): OnionReply {
    const ciphertext = replyCiphertext(reply)
    for (const [i, { cipher }] of this.#layers.entries()) {
      const plaintext = tryOpen(this.#crypto, cipher, ciphertext)
      if (plaintext === undefined) continue
      if (i === 0 && this.#kind === 'server') return { kind: 'server', plaintext }
      const content = decodeReplyContent(plaintext)
      return i === 0 ? { kind: 'node', ...content } : { kind: 'relay', hop: this.#layers.length - 1 - i, ...content }
    }
    throw new AuthenticationError('open_failed')
  }

  [Symbol.dispose](): void {
    for (const { cipher } of this.#layers) wipe(cipher.key)
  }
}

function createLayer(
  { crypto, random }: { readonly crypto: Crypto; readonly random: RandomBytes },
  nodeKey: X25519PublicKey,
  named: EncType | 'unnamed',
): Layer {
  const seed = random(32)
  const ephemeral = crypto.x25519KeyPair(seed)
  try {
    const encType = named === 'unnamed' ? 'aes-gcm' : named
    const cipher = deriveLayerCipher({
      crypto,
      encType,
      ownSecret: ephemeral.secretKey,
      other: nodeKey,
      clientKey: ephemeral.publicKey,
      nodeKey,
    })
    return { cipher, ephemeralKey: ephemeral.publicKey, encType: named === 'unnamed' ? undefined : named }
  } finally {
    wipe(seed, ephemeral.secretKey)
  }
}

function innerEncType({
  destination,
  encType,
}: {
  destination: OnionDestination
  encType: EncType
}): EncType | 'unnamed' {
  return (destination.kind === 'server' ? destination.encType : undefined) ?? encType
}

function innermostPlaintext(destination: OnionDestination, payload: Uint8Array): Uint8Array {
  if (destination.kind === 'server') return payload
  const { json, base64 } = destination.reply ?? DEFAULT_REPLY_OPTIONS
  const control = { headers: '', ...(json ? { json } : {}), ...(base64 ? {} : { base64 }) }
  return encodeCombined([payload], JSON.stringify(control))
}

/** What the last relay is told about the destination. */
function destinationRoute(destination: OnionDestination): JsonObject {
  if (destination.kind === 'node') return { destination: destination.nodeId }
  const { host, target, protocol = 'https', port = 443 } = destination
  return { host, target, method: 'POST', protocol, port }
}

function tryOpen(crypto: Crypto, cipher: LayerCipher, ciphertext: Uint8Array): Uint8Array | undefined {
  try {
    return openWithCipher(crypto, cipher, ciphertext)
  } catch (error) {
    if (error instanceof AuthenticationError) return undefined
    throw error
  }
}
