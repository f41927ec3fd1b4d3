/**
 * The ciphers of onion layers. The party with the ephemeral key is the client, the other one the node, whatever the
 * direction: an answer is encrypted with the key of the request.
 *
 * @see docs/protocol/onion.md §2
 */
import type { Brand } from '../brand.ts'
import { concatBytes, wipe } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import type { Crypto, RandomBytes } from '../crypto/crypto.ts'
import type { X25519PublicKey, X25519SecretKey } from '../crypto/keys.ts'
import { AuthenticationError, MessengerError } from '../errors.ts'

export type EncType = 'xchacha20' | 'aes-gcm'

/** 32 bytes, for one layer of one request and its answer. */
export type LayerKey = Brand<Uint8Array, 'LayerKey'>
export type LayerCipher = { readonly encType: EncType; readonly key: LayerKey }

/** A cipher that we do not speak. */
export class UnsupportedCipherError extends MessengerError {
  override readonly name = 'UnsupportedCipherError'
  readonly fault = 'input'
  /** `aes_cbc_refused`: known, but without authentication, so not offered. */
  readonly code: 'aes_cbc_refused' | 'unknown_cipher'
  constructor(code: UnsupportedCipherError['code']) {
    super(code.replaceAll('_', ' '))
    this.code = code
  }
}

const NAMES: ReadonlyMap<string, EncType> = new Map([
  ['xchacha20', 'xchacha20'],
  ['xchacha20-poly1305', 'xchacha20'],
  ['aes-gcm', 'aes-gcm'],
  ['gcm', 'aes-gcm'],
])
const NONCE_SIZE = { xchacha20: 24, 'aes-gcm': 12 } as const
const TAG_SIZE = 16
const HMAC_KEY = utf8('LOKI')

/**
 * The cipher of a name on the wire; no name means `aes-gcm`.
 *
 * @throws {UnsupportedCipherError}
 */
export function parseEncType(name: string | undefined): EncType {
  if (name === undefined) return 'aes-gcm'
  const encType = NAMES.get(name)
  if (encType !== undefined) return encType
  throw new UnsupportedCipherError(name === 'aes-cbc' || name === 'cbc' ? 'aes_cbc_refused' : 'unknown_cipher')
}

/**
 * One X25519 agreement and one hash. The `aes-gcm` key binds neither public key: that is the compatible protocol, and
 * why we build with `xchacha20`.
 *
 * @throws {AuthenticationError} `weak_public_key`
 */
export function deriveLayerCipher(keys: {
  readonly crypto: Crypto
  readonly encType: EncType
  readonly ownSecret: X25519SecretKey
  /** The public key of the other side: one of the two below. */
  readonly other: X25519PublicKey
  readonly clientKey: X25519PublicKey
  readonly nodeKey: X25519PublicKey
}): LayerCipher {
  const { crypto, encType } = keys
  const shared = crypto.x25519(keys.ownSecret, keys.other)
  try {
    if (encType === 'aes-gcm') return { encType, key: crypto.hmacSha256(HMAC_KEY, shared) as LayerKey }
    const input = concatBytes(shared, keys.clientKey, keys.nodeKey)
    const key = crypto.blake2b(32, input) as LayerKey
    wipe(input)
    return { encType, key }
  } finally {
    wipe(shared)
  }
}

/**
 * Nonce, then ciphertext and tag, in parts: 40 bytes longer than `plaintext` with `xchacha20`, 28 with `aes-gcm`. A key
 * serves one request and one answer, so a random nonce of 12 bytes does not repeat.
 */
export function sealWithCipher(
  { crypto, random }: { readonly crypto: Crypto; readonly random: RandomBytes },
  { encType, key }: LayerCipher,
  plaintext: Uint8Array,
): readonly [nonce: Uint8Array, sealed: Uint8Array] {
  const nonce = random(NONCE_SIZE[encType])
  const seal = encType === 'xchacha20' ? crypto.xchacha20Poly1305Seal : crypto.aes256GcmSeal
  return [nonce, seal.call(crypto, key, nonce, plaintext)]
}

/** @throws {AuthenticationError} `open_failed`, whatever the reason. */
export function openWithCipher(crypto: Crypto, { encType, key }: LayerCipher, ciphertext: Uint8Array): Uint8Array {
  const split = NONCE_SIZE[encType]
  if (ciphertext.length < split + TAG_SIZE) throw new AuthenticationError('open_failed')
  const open = encType === 'xchacha20' ? crypto.xchacha20Poly1305Open : crypto.aes256GcmOpen
  const plaintext = open.call(crypto, key, ciphertext.subarray(0, split), ciphertext.subarray(split))
  if (plaintext === undefined) throw new AuthenticationError('open_failed')
  return plaintext
}
