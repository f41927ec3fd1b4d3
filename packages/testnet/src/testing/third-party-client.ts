/**
 * A client as somebody else would write it, from the specification of the compatible network alone: its own code for every
 * format, on node:crypto and libsodium. It shares nothing with our protocol package, so that a mistake there cannot hide
 * here. Pages: docs/protocol/http.md §3, docs/protocol/storage-rpc.md,
 * docs/protocol/onion.md, docs/protocol/envelope.md
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import sodium from 'libsodium-wrappers'

await sodium.ready

export type ForeignNode = {
  readonly ip: string
  readonly port: number
  readonly ed25519: string
  readonly x25519: string
}
// biome-ignore lint/suspicious/noExplicitAny: JSON of a stranger, whose form is what the test is about
type Json = any
export type ForeignAnswer = { readonly status: number; readonly body: Json }
export type Cipher = 'xchacha20' | 'unnamed'

/** POST as such clients do it: no check of the certificate, a timeout of ten seconds. */
function post(
  url: string,
  body: Uint8Array | string,
  headers: Record<string, string>,
): Promise<{ status: number; type: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, rejectUnauthorized: false, timeout: 10_000 }
    const done = (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const type = response.headers['content-type'] ?? ''
        resolve({ status: response.statusCode!, type, body: Buffer.concat(chunks) })
      })
    }
    const request = url.startsWith('https:') ? requestHttps(url, options, done) : requestHttp(url, options, done)
    request.on('timeout', () => request.destroy(new Error('timeout')))
    request.on('error', reject)
    request.end(body)
  })
}

/** The list of a seed, by the rules of a desktop client: one entry that is wrong drops them all. docs/protocol/http.md §3 */
export async function nodesFromSeed(seedUrl: string): Promise<ForeignNode[]> {
  const fields = {
    public_ip: true,
    storage_port: true,
    pubkey_x25519: true,
    pubkey_ed25519: true,
    requested_unlock_height: true,
    height: true,
  }
  const request = { jsonrpc: '2.0', id: '0', method: 'get_n_service_nodes', params: { active_only: true, fields } }
  const answer = await post(`${seedUrl}/json_rpc`, JSON.stringify(request), { 'Content-Type': 'text/plain' })
  if (answer.status !== 200 || answer.type !== 'application/json') throw new Error(`${answer.status} ${answer.type}`)
  return parseList(JSON.parse(answer.body.toString()).result)
}

export function parseList(result: Json): ForeignNode[] {
  if (typeof result.height !== 'number') throw new Error('no height')
  return result.service_node_states.map((state: Json) => {
    const { public_ip: ip, storage_port: port, pubkey_ed25519: ed25519, pubkey_x25519: x25519 } = state
    if (typeof state.requested_unlock_height !== 'number') throw new Error('no unlock height')
    if (typeof ip !== 'string' || ip === '0.0.0.0' || typeof port !== 'number' || !ed25519 || !x25519)
      throw new Error('node')
    return { ip, port, ed25519, x25519 }
  })
}

/** `/storage_rpc/v1` over HTTPS. */
export async function direct(node: ForeignNode, method: string, params: object): Promise<ForeignAnswer> {
  const answer = await post(`https://${node.ip}:${node.port}/storage_rpc/v1`, JSON.stringify({ method, params }), {
    'Content-Type': 'application/json',
    'User-Agent': 'WhatsApp',
  })
  const text = answer.body.toString()
  return { status: answer.status, body: answer.type === 'application/json' ? JSON.parse(text) : text }
}

/** The same through relays: `path` ends with the destination. `headers` is an object, as libraries send it. */
export async function onion(
  path: readonly ForeignNode[],
  cipher: Cipher,
  method: string,
  params: object,
): Promise<ForeignAnswer> {
  const destination = path.at(-1)!
  const payload = combined(Buffer.from(JSON.stringify({ method, params })), { headers: {} })
  const innermost = sealLayer(cipher, destination, payload)
  let layer = innermost
  let next = destination
  for (const hop of path.slice(0, -1).reverse()) {
    const route = { destination: next.ed25519, ...keysOf(layer, cipher) }
    layer = sealLayer(cipher, hop, combined(layer.sealed, route))
    next = hop
  }
  const body = combined(layer.sealed, keysOf(layer, cipher))
  const answer = await post(`https://${next.ip}:${next.port}/onion_req/v2`, body, {})
  if (answer.status !== 200) return { status: answer.status, body: answer.body.toString() }
  const opened = openWith(cipher, innermost.key, Buffer.from(answer.body.toString(), 'base64'))
  const { status, body: text } = JSON.parse(opened.toString())
  return { status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

type Layer = { readonly sealed: Buffer; readonly ephemeral: Uint8Array; readonly key: Uint8Array }

/** docs/protocol/onion.md §2: a key for each layer, from a key pair that is made for it. */
function sealLayer(cipher: Cipher, node: ForeignNode, plaintext: Buffer): Layer {
  const secret = randomBytes(32)
  const ephemeral = sodium.crypto_scalarmult_base(secret)
  const theirs = Buffer.from(node.x25519, 'hex')
  const shared = sodium.crypto_scalarmult(secret, theirs)
  const key =
    cipher === 'xchacha20'
      ? sodium.crypto_generichash(32, Buffer.concat([shared, ephemeral, theirs]), null)
      : createHmac('sha256', 'LOKI').update(shared).digest()
  return { sealed: sealWith(cipher, key, plaintext), ephemeral, key }
}

function sealWith(cipher: Cipher, key: Uint8Array, plaintext: Buffer): Buffer {
  if (cipher === 'xchacha20') {
    const nonce = randomBytes(24)
    const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, null, null, nonce, key)
    return Buffer.concat([nonce, sealed])
  }
  const iv = randomBytes(12)
  const aes = createCipheriv('aes-256-gcm', key, iv)
  return Buffer.concat([iv, aes.update(plaintext), aes.final(), aes.getAuthTag()])
}

function openWith(cipher: Cipher, key: Uint8Array, sealed: Buffer): Buffer {
  if (cipher === 'xchacha20') {
    const [nonce, rest] = [sealed.subarray(0, 24), sealed.subarray(24)]
    return Buffer.from(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, rest, null, nonce, key))
  }
  const aes = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
  aes.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([aes.update(sealed.subarray(12, -16)), aes.final()])
}

/** Absent `enc_type` means aes-gcm: what the desktop client sends. */
function keysOf({ ephemeral }: Layer, cipher: Cipher): object {
  const key = { ephemeral_key: Buffer.from(ephemeral).toString('hex') }
  return cipher === 'xchacha20' ? { ...key, enc_type: 'xchacha20' } : key
}

function combined(blob: Buffer, json: object): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(blob.length)
  return Buffer.concat([length, blob, Buffer.from(JSON.stringify(json))])
}

/** docs/protocol/identity.md §1, §2. */
export class ForeignAccount {
  readonly id: string
  readonly signingKey: string
  readonly #ed25519
  readonly #x25519

  constructor(seed: Uint8Array = Buffer.concat([randomBytes(16), Buffer.alloc(16)])) {
    this.#ed25519 = sodium.crypto_sign_seed_keypair(seed)
    this.#x25519 = {
      publicKey: sodium.crypto_sign_ed25519_pk_to_curve25519(this.#ed25519.publicKey),
      privateKey: sodium.crypto_sign_ed25519_sk_to_curve25519(this.#ed25519.privateKey),
    }
    this.id = `05${Buffer.from(this.#x25519.publicKey).toString('hex')}`
    this.signingKey = Buffer.from(this.#ed25519.publicKey).toString('hex')
  }

  sign(text: string): string {
    return Buffer.from(sodium.crypto_sign_detached(text, this.#ed25519.privateKey)).toString('base64')
  }

  /** Parameters of a retrieve from namespace 0, with the names and extras that a library sends. */
  retrieve(lastHash: string): object {
    const timestamp = Date.now()
    const auth = {
      signature: this.sign(`retrieve${timestamp}`),
      pubkey_ed25519: this.signingKey,
      pubkeyEd25519: this.signingKey,
    }
    return { pubKey: this.id, namespace: 0, lastHash, maxSize: 100_000, timestamp, ...auth }
  }

  /** What is stored for `recipient`: content, padding, signature, sealed box, envelope, wrapper. docs/protocol/envelope.md §1 */
  write(recipient: string, body: string, sentAt: number): Buffer {
    const profile = bytesField(1, Buffer.from('Third Party'))
    const dataMessage = Buffer.concat([bytesField(1, Buffer.from(body)), bytesField(101, profile)])
    const content = Buffer.concat([bytesField(1, dataMessage), numberField(15, sentAt)])
    const padded = Buffer.alloc(content.length + 1 + 160 - ((content.length + 1) % 160))
    content.copy(padded)
    padded[content.length] = 0x80
    const theirs = Buffer.from(recipient.slice(2), 'hex')
    const signature = sodium.crypto_sign_detached(
      Buffer.concat([padded, this.#ed25519.publicKey, theirs]),
      this.#ed25519.privateKey,
    )
    const sealed = sodium.crypto_box_seal(Buffer.concat([padded, this.#ed25519.publicKey, signature]), theirs)
    const envelope = Buffer.concat([
      numberField(1, 6),
      numberField(5, sentAt),
      numberField(7, 1),
      bytesField(8, sealed),
    ])
    const none = Buffer.alloc(0)
    const request = [bytesField(1, none), bytesField(2, none), bytesField(3, envelope), numberField(4, 0)]
    return Buffer.concat([numberField(1, 1), bytesField(2, Buffer.concat(request))])
  }

  /** Who wrote which text, as far as it is proven. docs/protocol/envelope.md §5 */
  read(stored: Uint8Array): { sender: string; body: string | undefined } {
    const envelope = fields(bytesOf(fields(bytesOf(fields(stored), 2)), 3))
    const inner = sodium.crypto_box_seal_open(bytesOf(envelope, 8), this.#x25519.publicKey, this.#x25519.privateKey)
    const [padded, key, signature] = [inner.subarray(0, -96), inner.subarray(-96, -64), inner.subarray(-64)]
    const signed = Buffer.concat([padded, key, this.#x25519.publicKey])
    if (!sodium.crypto_sign_verify_detached(signature, signed, key)) throw new Error('signature')
    const content = fields(padded.subarray(0, padded.lastIndexOf(0x80)))
    if (content.get(15) !== envelope.get(5)) throw new Error('times differ')
    // Without a data message it is something else, such as the consent to a conversation.
    const body = content.has(1) ? Buffer.from(bytesOf(fields(bytesOf(content, 1)), 1)).toString() : undefined
    return { sender: `05${Buffer.from(sodium.crypto_sign_ed25519_pk_to_curve25519(key)).toString('hex')}`, body }
  }
}

/** As much of protobuf as these messages need. */
type ProtobufFields = ReadonlyMap<number, bigint | Uint8Array>

function fields(bytes: Uint8Array): ProtobufFields {
  const found = new Map<number, bigint | Uint8Array>()
  for (let at = 0; at < bytes.length; ) {
    const varint = () => {
      let value = 0n
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++]
        if (byte === undefined) throw new Error('truncated')
        value |= BigInt(byte & 0x7f) << shift
        if (byte < 0x80) return value
      }
    }
    const tag = Number(varint())
    if ((tag & 7) === 0) found.set(tag >> 3, varint())
    else if ((tag & 7) === 2) {
      const length = Number(varint())
      found.set(tag >> 3, bytes.subarray(at, at + length))
      at += length
    } else throw new Error(`wire type ${tag & 7}`)
  }
  return found
}

function bytesOf(of: ProtobufFields, number: number): Uint8Array {
  const value = of.get(number)
  if (!(value instanceof Uint8Array)) throw new Error(`no field ${number}`)
  return value
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt(value)
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

const numberField = (number: number, value: number) => Buffer.concat([varint(number << 3), varint(value)])
const bytesField = (number: number, value: Uint8Array) =>
  Buffer.concat([varint((number << 3) | 2), varint(value.length), value])
