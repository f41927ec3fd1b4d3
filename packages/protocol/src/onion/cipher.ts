/**
 * The ciphers of onion layers. The party with the ephemeral key is the client, the other one the node, whatever the
 * direction: an answer is encrypted with the key of the request.
 *
 * @see docs/protocol/onion.md §2
 */
import type { Brand } from '../brand.ts'
import { concatBytes, wipe } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import type { AesCbc } from '../crypto/aes-cbc.ts'
import type { Crypto, RandomBytes } from '../crypto/crypto.ts'
import type { X25519PublicKey, X25519SecretKey } from '../crypto/keys.ts'
import { AuthenticationError, MessengerError } from '../errors.ts'

/** What we build with. */
export type EncType = 'xchacha20' | 'aes-gcm'
/** What a layer of a third-party client may come in, too, where an operator allows it: nothing authenticates it. */
export type LayerEncType = EncType | 'aes-cbc'

/** 32 bytes, for one layer of one request and its answer. */
export type LayerKey = Brand<Uint8Array, 'LayerKey'>
export type LayerCipher =
  | { readonly encType: EncType; readonly key: LayerKey }
  | { readonly encType: 'aes-cbc'; readonly key: LayerKey; readonly aesCbc: AesCbc }

/** A cipher that we do not speak. */
export class UnsupportedCipherError extends MessengerError {
  override readonly name = 'UnsupportedCipherError'
  readonly fault = 'input'
  /** `aes_cbc_refused`: known, but without authentication, so refused unless it is switched on. */
  readonly code: 'aes_cbc_refused' | 'unknown_cipher'
  constructor(code: UnsupportedCipherError['code']) {
    super(code.replaceAll('_', ' '))
    this.code = code
  }
}

const NAMES: ReadonlyMap<string, LayerEncType> = new Map([
  ['xchacha20', 'xchacha20'],
  ['xchacha20-poly1305', 'xchacha20'],
  ['aes-gcm', 'aes-gcm'],
  ['gcm', 'aes-gcm'],
  ['aes-cbc', 'aes-cbc'],
  ['cbc', 'aes-cbc'],
])
const NONCE_SIZE = { xchacha20: 24, 'aes-gcm': 12, 'aes-cbc': 16 } as const
/** What a ciphertext holds at least: a tag, or one block. */
const TAG_SIZE = 16
const HMAC_KEY = utf8('LOKI')

/**
 * The cipher of a name on the wire; no name means `aes-gcm`. It says nothing about whether the cipher is accepted.
 *
 * @throws {UnsupportedCipherError} `unknown_cipher`
 */
export function parseEncType(name: string | undefined): LayerEncType {
  if (name === undefined) return 'aes-gcm'
  const encType = NAMES.get(name)
  if (encType === undefined) throw new UnsupportedCipherError('unknown_cipher')
  return encType
}

/**
 * One X25519 agreement and one hash. The keys of `aes-gcm` and `aes-cbc` bind neither public key: that is the compatible
 * protocol, and why we build with `xchacha20`.
 *
 * @throws {AuthenticationError} `weak_public_key`
 * @throws {UnsupportedCipherError} `aes_cbc_refused`, if `aesCbc` is not given.
 */
export function deriveLayerCipher(keys: {
  readonly crypto: Crypto
  /** Only where an operator accepts `aes-cbc`. */
  readonly aesCbc?: AesCbc | undefined
  readonly encType: LayerEncType
  readonly ownSecret: X25519SecretKey
  /** The public key of the other side: one of the two below. */
  readonly other: X25519PublicKey
  readonly clientKey: X25519PublicKey
  readonly nodeKey: X25519PublicKey
}): LayerCipher {
  const { crypto, encType, aesCbc } = keys
  if (encType === 'aes-cbc') {
    if (aesCbc === undefined) throw new UnsupportedCipherError('aes_cbc_refused')
    return { encType, aesCbc, key: crypto.x25519(keys.ownSecret, keys.other) as LayerKey }
  }
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
 * Nonce, then ciphertext and tag, in parts: 40 bytes longer than `plaintext` with `xchacha20`, 28 with `aes-gcm`, 17 to
 * 32 with `aes-cbc`. A key serves one request and one answer, so a random nonce of 12 bytes does not repeat.
 */
export function sealWithCipher(
  { crypto, random }: { readonly crypto: Crypto; readonly random: RandomBytes },
  cipher: LayerCipher,
  plaintext: Uint8Array,
): readonly [nonce: Uint8Array, sealed: Uint8Array] {
  const { key } = cipher
  const nonce = random(NONCE_SIZE[cipher.encType])
  if (cipher.encType === 'aes-cbc') return [nonce, cipher.aesCbc.seal(key, nonce, plaintext)]
  const seal = cipher.encType === 'xchacha20' ? crypto.xchacha20Poly1305Seal : crypto.aes256GcmSeal
  return [nonce, seal.call(crypto, key, nonce, plaintext)]
}

/** @throws {AuthenticationError} `open_failed`, whatever the reason. */
export function openWithCipher(crypto: Crypto, cipher: LayerCipher, ciphertext: Uint8Array): Uint8Array {
  const split = NONCE_SIZE[cipher.encType]
  if (ciphertext.length < split + TAG_SIZE) throw new AuthenticationError('open_failed')
  const plaintext = opened(crypto, cipher, ciphertext.subarray(0, split), ciphertext.subarray(split))
  if (plaintext === undefined) throw new AuthenticationError('open_failed')
  return plaintext
}

function opened(crypto: Crypto, cipher: LayerCipher, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  switch (cipher.encType) {
    case 'xchacha20':
      return crypto.xchacha20Poly1305Open(cipher.key, nonce, sealed)
    case 'aes-gcm':
      return crypto.aes256GcmOpen(cipher.key, nonce, sealed)
    case 'aes-cbc':
      return cipher.aesCbc.open(cipher.key, nonce, sealed)
  }
}
