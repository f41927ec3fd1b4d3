/** What a node does with an onion request: take off its own layer. @see docs/protocol/onion.md §3 */
import { wipe } from '../bytes/bytes.ts'
import { CodecError } from '../codec/codec.ts'
import { type JsonObject, parseJsonObject } from '../codec/json.ts'
import type { AesCbc } from '../crypto/aes-cbc.ts'
import type { Crypto, RandomBytes } from '../crypto/crypto.ts'
import type { X25519KeyPair } from '../crypto/keys.ts'
import { AuthenticationError } from '../errors.ts'
import { type NodeId, parseNodeId } from '../swarm/node-id.ts'
import {
  deriveLayerCipher,
  type LayerCipher,
  type LayerKey,
  openWithCipher,
  parseEncType,
  UnsupportedCipherError,
} from './cipher.ts'
import { splitCombined } from './combined.ts'
import { type OnionFrame, parseLayerKeys } from './relay-frame.ts'
import { type ReplyPorts, ReplySealer } from './reply.ts'
import { parseServerTarget, type ServerTarget } from './target.ts'

export type PeeledLayer =
  /** We are the destination: `request` is the JSON `{"method","params"}`. Dispose `reply` after answering. */
  | { readonly kind: 'final'; readonly request: Uint8Array; readonly reply: ReplySealer }
  | { readonly kind: 'relay'; readonly next: NodeId; readonly forward: OnionFrame }
  /** Post `body` to a server and hand its answer back as it is; `reply` seals our own refusal. */
  | { readonly kind: 'server'; readonly target: ServerTarget; readonly body: Uint8Array; readonly reply: ReplySealer }
  /** Answer with status 200 and this sealed text. */
  | { readonly kind: 'malformed'; readonly code: 'invalid_json' | 'invalid_url'; readonly sealedReply: Uint8Array }
  /** Not for our key, damaged, a cipher that we refuse, or seen before. Answered in clear. */
  | { readonly kind: 'refused'; readonly code: RefusedLayerCode }

export type RefusedLayerCode = 'invalid_ciphertext' | 'replayed' | UnsupportedCipherError['code']

const MALFORMED_TEXT = { invalid_json: 'Invalid json', invalid_url: 'Invalid url' } as const

type PeelOptions = ReplyPorts & {
  /** Only where an operator accepts `aes-cbc`. */
  readonly aesCbc?: AesCbc | undefined
  /** The node's X25519 key pair. */
  readonly own: X25519KeyPair
  readonly frame: OnionFrame
  /**
   * Whether a layer with this key came before; remembers it. Asked once a layer has opened, so garbage fills no memory.
   * Of the key and not of the ephemeral key, for several of those agree on the same one. Must not keep the bytes.
   */
  readonly seenBefore?: ((key: LayerKey) => boolean) | undefined
}

/** Takes off one layer: one X25519 agreement, no copy but the plaintext itself. Never throws for what is in `frame`. */
export function peelOnionLayer(options: PeelOptions): PeeledLayer {
  const opened = open(options)
  if ('refused' in opened) return { kind: 'refused', code: opened.refused }
  const { cipher, plaintext } = opened
  if (options.seenBefore?.(cipher.key)) {
    wipe(cipher.key)
    return { kind: 'refused', code: 'replayed' }
  }
  const parts = split(plaintext)
  if (parts === undefined) return malformed(options, cipher, 'invalid_json')
  const { blob, json } = parts
  // Tested in exactly this order: a third-party client may send more than one of these keys.
  if (Object.hasOwn(json, 'headers')) {
    const replyOptions = { json: json['json'] === true, base64: json['base64'] !== false }
    return { kind: 'final', request: blob, reply: new ReplySealer(options, cipher, replyOptions) }
  }
  if (Object.hasOwn(json, 'host')) {
    const target = parseServerTarget(json)
    if (typeof target === 'string') return malformed(options, cipher, target)
    return { kind: 'server', target, body: plaintext, reply: new ReplySealer(options, cipher) }
  }
  const relay = relayTo(json, blob, options.frame.hop + 1)
  if (relay === undefined) return malformed(options, cipher, 'invalid_json')
  wipe(cipher.key)
  return relay
}

function open({
  crypto,
  aesCbc,
  own,
  frame,
}: PeelOptions): { cipher: LayerCipher; plaintext: Uint8Array } | { refused: RefusedLayerCode } {
  try {
    const cipher = deriveLayerCipher({
      crypto,
      aesCbc,
      encType: parseEncType(frame.encType),
      ownSecret: own.secretKey,
      other: frame.ephemeralKey,
      clientKey: frame.ephemeralKey,
      nodeKey: own.publicKey,
    })
    return { cipher, plaintext: openWithCipher(crypto, cipher, frame.data) }
  } catch (error) {
    if (error instanceof UnsupportedCipherError) return { refused: error.code }
    if (error instanceof AuthenticationError) return { refused: 'invalid_ciphertext' }
    throw error
  }
}

function split(plaintext: Uint8Array): { blob: Uint8Array; json: JsonObject } | undefined {
  try {
    const { blob, json } = splitCombined(plaintext)
    const object = parseJsonObject(json)
    return object && { blob, json: object }
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

function relayTo(json: JsonObject, data: Uint8Array, hop: number): PeeledLayer | undefined {
  const { destination } = json
  const keys = parseLayerKeys(json)
  if (keys === undefined || typeof destination !== 'string' || !/^[0-9a-fA-F]{64}$/.test(destination)) return undefined
  return { kind: 'relay', next: parseNodeId(destination.toLowerCase()), forward: { data, ...keys, hop } }
}

function malformed(
  ports: { readonly crypto: Crypto; readonly random: RandomBytes },
  cipher: LayerCipher,
  code: keyof typeof MALFORMED_TEXT,
): PeeledLayer {
  using reply = new ReplySealer(ports, cipher)
  return {
    kind: 'malformed',
    code,
    sealedReply: reply.seal({ status: 400, body: MALFORMED_TEXT[code], isJson: false }),
  }
}
