/** What names a stored message: a hash of its owner, namespace and data. @see docs/protocol/storage-rpc.md §4 */
import type { Brand } from '../brand.ts'
import { fromBase64, toBase64Unpadded } from '../bytes/base64.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MalformedInputError } from '../errors.ts'
import { type Owner, ownerBytes } from '../identity/account-id.ts'
import { type Namespace, namespaceText } from './namespace.ts'

/** 43 base64 characters without padding, for 32 bytes. */
export type MessageHash = Brand<string, 'MessageHash'>

export function isMessageHash(text: string): text is MessageHash {
  return /^[A-Za-z0-9+/]{43}$/.test(text)
}

/** @throws {MalformedInputError} `message_hash` */
export function parseMessageHash(text: string): MessageHash {
  if (!isMessageHash(text)) throw new MalformedInputError('message_hash', `${text.length} characters`)
  return text
}

/** Time and expiry are not part of it: the same data stored again is the same message. */
export function deriveMessageHash(crypto: Crypto, owner: Owner, namespace: Namespace, data: Uint8Array): MessageHash {
  return encodeMessageHash(crypto.blake2b(32, concatBytes(ownerBytes(owner), utf8(namespaceText(namespace)), data)))
}

/** The hash of 32 bytes. @throws {MalformedInputError} `message_hash`, on another length. */
export function encodeMessageHash(bytes: Uint8Array): MessageHash {
  return parseMessageHash(toBase64Unpadded(bytes))
}

/** A new array of 32 bytes. The last character has two bits to spare, which are ignored: four texts name one message. */
export function messageHashBytes(hash: MessageHash): Uint8Array {
  return fromBase64(hash)
}
