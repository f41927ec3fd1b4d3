/**
 * Signs a content and seals it to its recipient, so that neither who wrote it nor what it says is seen outside.
 * docs/protocol/envelope.md §4.
 */
import { concatBytes, wipe } from '../bytes/bytes.ts'
import type { Crypto, RandomBytes } from '../crypto/crypto.ts'
import type { Ed25519PublicKey, X25519PublicKey, X25519SecretKey } from '../crypto/keys.ts'
import { AuthenticationError } from '../errors.ts'
import { type AccountId, accountIdKey, encodeAccountId } from '../identity/account-id.ts'
import type { AccountKeys } from '../identity/account-seed.ts'
import { padContent, unpadContent } from './padding.ts'

const KEY_SIZE = 32
const SIGNATURE_SIZE = 64
const NONCE_SIZE = 24

/**
 * Pads, signs and seals. 144 bytes longer than the padded content. Draws 32 random bytes, once.
 *
 * @throws {AuthenticationError} `weak_public_key`, if the recipient's key is of low order.
 */
export function sealMessage(options: {
  crypto: Crypto
  random: RandomBytes
  content: Uint8Array
  sender: AccountKeys
  recipient: AccountId
}): Uint8Array {
  const { crypto, sender } = options
  const padded = padContent(options.content)
  const recipientKey = accountIdKey(options.recipient)
  // The recipient's key is signed, too: nobody can seal these words anew for somebody else.
  const signed = concatBytes(padded, sender.signing.publicKey, recipientKey)
  const signature = sender.signing.secretKey.use((key) => crypto.ed25519Sign(key, signed))
  const inner = concatBytes(padded, sender.signing.publicKey, signature)
  const ephemeral = crypto.x25519KeyPair(options.random(KEY_SIZE))
  try {
    // The nonce cannot repeat under one key, because the key pair is used for this message alone.
    const nonce = boxNonce(crypto, ephemeral.publicKey, recipientKey)
    return concatBytes(ephemeral.publicKey, crypto.boxSeal(inner, nonce, recipientKey, ephemeral.secretKey))
  } finally {
    wipe(ephemeral.secretKey, inner, signed)
  }
}

/** What a sealed message says and who signed it. */
export type UnsealedMessage = {
  /** Without padding. */
  readonly content: Uint8Array
  readonly sender: AccountId
  readonly senderSigningKey: Ed25519PublicKey
}

/**
 * Opens what was sealed to `recipient`, padded or not, and verifies the sender.
 *
 * @throws {AuthenticationError} `open_failed`, whatever the cause.
 */
export function openMessage(options: { crypto: Crypto; sealed: Uint8Array; recipient: AccountKeys }): UnsealedMessage {
  const { crypto, sealed, recipient } = options
  const inner = recipient.encryption.secretKey.use((secretKey) =>
    openBox(crypto, sealed, recipient.encryption.publicKey, secretKey),
  )
  const keyAt = inner.length - SIGNATURE_SIZE - KEY_SIZE
  if (keyAt < 0) throw new AuthenticationError('open_failed')
  const padded = inner.subarray(0, keyAt)
  const senderSigningKey = inner.slice(keyAt, keyAt + KEY_SIZE) as Ed25519PublicKey
  const signed = concatBytes(padded, senderSigningKey, recipient.encryption.publicKey)
  if (!crypto.ed25519Verify(senderSigningKey, signed, inner.subarray(keyAt + KEY_SIZE))) {
    throw new AuthenticationError('open_failed')
  }
  return { content: unpadContent(padded), sender: senderOf(crypto, senderSigningKey), senderSigningKey }
}

function openBox(crypto: Crypto, sealed: Uint8Array, publicKey: X25519PublicKey, secretKey: X25519SecretKey) {
  const ephemeralKey = sealed.subarray(0, KEY_SIZE) as X25519PublicKey
  if (ephemeralKey.length < KEY_SIZE) throw new AuthenticationError('open_failed')
  const nonce = boxNonce(crypto, ephemeralKey, publicKey)
  const inner = crypto.boxOpen(sealed.subarray(KEY_SIZE), nonce, ephemeralKey, secretKey)
  if (inner === undefined) throw new AuthenticationError('open_failed')
  return inner
}

function senderOf(crypto: Crypto, signingKey: Ed25519PublicKey): AccountId {
  try {
    return encodeAccountId(crypto.ed25519ToX25519(signingKey))
  } catch (error) {
    throw new AuthenticationError('open_failed', { cause: error })
  }
}

function boxNonce(crypto: Crypto, ephemeralKey: X25519PublicKey, recipientKey: X25519PublicKey): Uint8Array {
  return crypto.blake2b(NONCE_SIZE, concatBytes(ephemeralKey, recipientKey))
}
