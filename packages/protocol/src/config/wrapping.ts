/**
 * The message around a config item that old apps on the account's other devices need: a sealed message to oneself. It hides
 * nothing more; the item inside is sealed already. docs/protocol/config.md §4.
 */
import { concatBytes, equalBytes, wipe } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { X25519SecretKey } from '../crypto/keys.ts'
import { Content } from '../envelope/generated/content.ts'
import { Envelope, Envelope_Type, WebSocketMessage, WebSocketMessage_Type } from '../envelope/generated/envelope.ts'
import { decodeProtobuf, encodeProtobuf } from '../envelope/protobuf.ts'
import { openMessage } from '../envelope/sealed-message.ts'
import { MessengerError } from '../errors.ts'
import type { ConfigContext } from './config-object.ts'

const EPHEMERAL_LABEL = 'SessionBoxEphemeralHashKey'
const END_OF_CONTENT = Uint8Array.of(0x80)
const SEED_SIZE = 32
const NONCE_SIZE = 24

/** Deterministic, as the item is. About 176 bytes longer. */
export function wrapConfig(context: ConfigContext, seqno: number, item: Uint8Array): Uint8Array {
  const message = { kind: context.object.kind, seqno: BigInt(seqno), data: item }
  const content = concatBytes(encodeProtobuf(Content, { sharedConfigMessage: message }), END_OF_CONTENT)
  const envelope = encodeProtobuf(Envelope, {
    type: Envelope_Type.SESSION_MESSAGE,
    timestamp: 1n, // old apps demand a time; this one tells nothing
    content: sealToSelf(context, content),
  })
  return encodeProtobuf(WebSocketMessage, {
    type: WebSocketMessage_Type.REQUEST,
    request: { verb: '', path: '', body: envelope, requestId: 0n },
  })
}

/** The item inside, or the bytes as they are if they are not wrapped. Some old apps wrapped twice. */
export function unwrapConfig(context: ConfigContext, stored: Uint8Array): Uint8Array {
  const once = unwrapOnce(context, stored)
  return once === undefined ? stored : (unwrapOnce(context, once) ?? once)
}

function unwrapOnce(context: ConfigContext, stored: Uint8Array): Uint8Array | undefined {
  const { crypto, keys, object } = context
  try {
    const { request } = decodeProtobuf(WebSocketMessage, stored)
    if (request?.body === undefined) return undefined
    const { content: sealed } = decodeProtobuf(Envelope, request.body)
    if (sealed === undefined) return undefined
    const opened = openMessage({ crypto, sealed, recipient: keys })
    if (!equalBytes(opened.senderSigningKey, keys.signing.publicKey)) return undefined
    const { sharedConfigMessage: message } = decodeProtobuf(Content, opened.content)
    return message?.kind === object.kind ? message.data : undefined
  } catch (error) {
    if (error instanceof MessengerError && error.fault === 'input') return undefined
    throw error
  }
}

function sealToSelf({ crypto, keys }: ConfigContext, content: Uint8Array): Uint8Array {
  const { signing, encryption } = keys
  const signed = concatBytes(content, signing.publicKey, encryption.publicKey)
  const signature = signing.secretKey.use((key) => crypto.ed25519Sign(key, signed))
  const inner = concatBytes(content, signing.publicKey, signature)
  const ephemeral = crypto.x25519KeyPair(ephemeralSecret(crypto, { keys, content }))
  try {
    const nonce = crypto.blake2b(NONCE_SIZE, concatBytes(ephemeral.publicKey, encryption.publicKey))
    // Key pair and so the nonce are a hash of the content: they repeat only for the same content.
    return concatBytes(ephemeral.publicKey, crypto.boxSeal(inner, nonce, encryption.publicKey, ephemeral.secretKey))
  } finally {
    wipe(ephemeral.secretKey)
  }
}

function ephemeralSecret(crypto: Crypto, { keys, content }: Pick<ConfigContext, 'keys'> & { content: Uint8Array }) {
  const input = keys.signing.secretKey.use((key) =>
    concatBytes(key.subarray(0, SEED_SIZE), keys.encryption.publicKey, content),
  )
  const seed = crypto.blake2b(SEED_SIZE, input, utf8(EPHEMERAL_LABEL))
  try {
    return crypto.sha512(seed).subarray(0, SEED_SIZE) as X25519SecretKey
  } finally {
    wipe(input, seed)
  }
}
