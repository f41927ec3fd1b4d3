/** From a content to the bytes that a swarm stores, and back. docs/protocol/envelope.md §1. */
import { MAX_UNIX_MILLIS, type UnixMillis, unixMillis } from '../brand.ts'
import { concatBytes } from '../bytes/bytes.ts'
import type { Crypto, RandomBytes } from '../crypto/crypto.ts'
import type { Ed25519PublicKey } from '../crypto/keys.ts'
import { AuthenticationError, MalformedInputError } from '../errors.ts'
import type { AccountId } from '../identity/account-id.ts'
import type { AccountKeys } from '../identity/account-seed.ts'
import { decodeContent, encodeContent, hasForeignParts } from './content.ts'
import type { Content } from './generated/content.ts'
import { Envelope, Envelope_Type, WebSocketMessage, WebSocketMessage_Type } from './generated/envelope.ts'
import { decodeProtobuf, encodeProtobuf, MAX_STORED_MESSAGE_BYTES } from './protobuf.ts'
import { openMessage, sealMessage } from './sealed-message.ts'

const SOURCE_DEVICE = 1
const WIDE_SCALAR_SIZE = 64

export type OpenedMessage = {
  /** Verified: this account signed the content for the recipient. */
  readonly sender: AccountId
  readonly senderSigningKey: Ed25519PublicKey
  /** When the sender says that it sent it. With the sender, the name of the message. */
  readonly timestamp: UnixMillis
  readonly content: Content
  /** The content says something, perhaps besides, that this version does not know. */
  readonly hasForeignParts: boolean
}

/**
 * The data to store for `recipient` (in a sync copy: the sender's own ID), before base64. `content.sigTimestamp` is set to
 * `timestamp`, which must differ between any two messages of a sender. Draws 32, 64 and 64 random bytes.
 *
 * @throws {MalformedInputError} `envelope`, if the content has no encoding or the result is over 76,800 bytes.
 * @throws {AuthenticationError} `weak_public_key`, if the recipient's key is of low order.
 */
export function buildStoredMessage(options: {
  crypto: Crypto
  random: RandomBytes
  sender: AccountKeys
  recipient: AccountId
  content: Content
  timestamp: UnixMillis
}): Uint8Array {
  const { crypto, random, sender, recipient } = options
  const timestamp = BigInt(options.timestamp)
  const content = encodeContent({ ...options.content, sigTimestamp: timestamp })
  const envelope = encodeProtobuf(Envelope, {
    type: Envelope_Type.SESSION_MESSAGE,
    timestamp,
    sourceDevice: SOURCE_DEVICE,
    content: sealMessage({ crypto, random, content, sender, recipient }),
    proSig: decoySignature(crypto, random),
  })
  const data = encodeProtobuf(WebSocketMessage, {
    type: WebSocketMessage_Type.REQUEST,
    // The empty values are written: all producers do so, and ours shall not stand out.
    request: { verb: '', path: '', body: envelope, requestId: 0n },
  })
  if (data.length > MAX_STORED_MESSAGE_BYTES) throw new MalformedInputError('envelope', `${data.length} bytes`)
  return data
}

/**
 * Reads what a swarm stored for `recipient`. Storage nodes can change everything outside the sealed box; only what is
 * inside counts. Byte fields of the content do not share the memory of `data`.
 *
 * @throws {MalformedInputError} `envelope`, if a layer has not its form; `envelope_version`, if it is of a newer kind.
 * @throws {AuthenticationError} `open_failed`, if it was not sealed to `recipient` or its sender does not verify;
 * `timestamp_mismatch`, if the time outside is not the one inside.
 */
export function openStoredMessage(options: {
  crypto: Crypto
  data: Uint8Array
  recipient: AccountKeys
}): OpenedMessage {
  const { crypto, recipient } = options
  const { sealed, timestamp } = readEnvelope(options.data)
  const opened = openMessage({ crypto, sealed, recipient })
  const content = decodeContent(opened.content)
  // Old clients write no time inside: theirs is the one outside, as everywhere.
  if (content.sigTimestamp !== undefined && content.sigTimestamp !== timestamp) {
    throw new AuthenticationError('timestamp_mismatch')
  }
  const { sender, senderSigningKey } = opened
  const isForeign = hasForeignParts(opened.content)
  return { sender, senderSigningKey, timestamp: unixMillis(Number(timestamp)), content, hasForeignParts: isForeign }
}

/**
 * Whether stored data is of a newer protocol (Session Protocol V2): not to be opened by this version, but no rubbish.
 * No WebSocketMessage begins with 0. docs/protocol/envelope.md §1.
 */
export function isNewerEnvelope(data: Uint8Array): boolean {
  return data[0] === 0
}

function readEnvelope(data: Uint8Array): { sealed: Uint8Array; timestamp: bigint } {
  if (isNewerEnvelope(data)) throw new MalformedInputError('envelope_version', `${data.length} bytes`)
  const { type, request } = decodeProtobuf(WebSocketMessage, data)
  if (type !== WebSocketMessage_Type.REQUEST || request?.body === undefined) {
    throw new MalformedInputError('envelope', 'no request')
  }
  const envelope = decodeProtobuf(Envelope, request.body)
  if (envelope.type !== Envelope_Type.SESSION_MESSAGE) throw new MalformedInputError('envelope', 'type')
  if (envelope.content === undefined) throw new MalformedInputError('envelope', 'no content')
  if (envelope.timestamp === undefined || envelope.timestamp > BigInt(MAX_UNIX_MILLIS)) {
    throw new MalformedInputError('envelope', 'timestamp')
  }
  return { sealed: envelope.content, timestamp: envelope.timestamp }
}

/**
 * 64 bytes that look like the signature of somebody who pays, and sign nothing: a random point and a random scalar, so
 * that the two groups of people cannot be told apart. docs/protocol/envelope.md §1.
 */
function decoySignature(crypto: Crypto, random: RandomBytes): Uint8Array {
  const point = crypto.ed25519ScalarMultBase(crypto.ed25519ScalarReduce(random(WIDE_SCALAR_SIZE)))
  return concatBytes(point, crypto.ed25519ScalarReduce(random(WIDE_SCALAR_SIZE)))
}
