/// <reference path="./sodium-native.d.ts" />
/**
 * The `Crypto` port for nodes and for clients under Node.js: node:crypto for SHA-2, HMAC and AES-GCM, libsodium for the
 * rest. libsodium takes keys as they are; node:crypto would parse each into a key object first, which makes verifying a
 * signature twice as slow (114 against 50 µs). A key that serves once goes to node:crypto as bytes, too: a key object for it
 * costs 2 to 4 µs (opening 2.8 kB with AES-GCM: 12.2 against 8.5 µs).
 */
import { Buffer } from 'node:buffer'
import { argon2, createCipheriv, createDecipheriv, createHmac, hash } from 'node:crypto'
import { promisify } from 'node:util'
import { blake2b } from '@noble/hashes/blake2.js'
import {
  AuthenticationError,
  type Crypto,
  type Ed25519PublicKey,
  type Ed25519SecretKey,
  type Signature,
  type X25519PublicKey,
  type X25519SecretKey,
} from '@starling/protocol'
import sodium from 'sodium-native'
import { assertBlake2bSizes, assertLength, assertScalar } from '../crypto-arguments.ts'
import { fileCiphers } from './file-ciphers.ts'

const TAG_SIZE = 16
/** Keys whose other form is remembered: about 1 MB. */
const MAX_CONVERTED = 4096

/** Remembers public keys that it converted, and nothing else. */
export function createNativeCrypto(): Crypto {
  const ed25519ToX25519 = rememberConverted(convertPublicKey)
  return { ...hashes, ...signatures, ...agreement, ...ciphers, ...fileCiphers, ...passphrases, ed25519ToX25519 }
}

const hashes = {
  blake2b(size, message, key) {
    assertBlake2bSizes(size, key)
    // The binding refuses what libsodium recommends against.
    if (size < 16 || (key !== undefined && key.length < 16))
      return blake2b(message, key === undefined ? { dkLen: size } : { dkLen: size, key })
    const output = new Uint8Array(size)
    sodium.crypto_generichash(output, message, key)
    return output
  },
  sha256: (message) => new Uint8Array(hash('sha256', message, 'buffer')),
  sha512: (message) => new Uint8Array(hash('sha512', message, 'buffer')),
  hmacSha256: (key, message) => new Uint8Array(createHmac('sha256', key).update(message).digest()),
} satisfies Partial<Crypto>

const signatures = {
  ed25519KeyPair(seed) {
    assertLength('seed', seed, 32)
    const publicKey = new Uint8Array(32) as Ed25519PublicKey
    const secretKey = new Uint8Array(64) as Ed25519SecretKey
    sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
    return { publicKey, secretKey }
  },
  ed25519Sign(secretKey, message) {
    assertLength('signing key', secretKey, 64)
    const signature = new Uint8Array(64) as Signature
    sodium.crypto_sign_detached(signature, message, secretKey)
    return signature
  },
  ed25519Verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false
    return sodium.crypto_sign_verify_detached(signature, message, publicKey)
  },
  ed25519SecretToX25519(secretKey) {
    assertLength('signing key', secretKey, 64)
    const output = new Uint8Array(32) as X25519SecretKey
    sodium.crypto_sign_ed25519_sk_to_curve25519(output, secretKey)
    return output
  },
  ed25519ScalarMultBase(scalar) {
    assertScalar(scalar)
    const point = new Uint8Array(32)
    sodium.crypto_scalarmult_ed25519_base_noclamp(point, scalar)
    return point
  },
  ed25519ScalarReduce(wide) {
    assertLength('wide scalar', wide, 64)
    const scalar = new Uint8Array(32)
    sodium.crypto_core_ed25519_scalar_reduce(scalar, wide)
    return scalar
  },
} satisfies Partial<Crypto>

const agreement = {
  x25519KeyPair(secretKey) {
    assertLength('secret key', secretKey, 32)
    const publicKey = new Uint8Array(32) as X25519PublicKey
    sodium.crypto_scalarmult_base(publicKey, secretKey)
    // Not `slice`: of a Buffer that is a view.
    return { publicKey, secretKey: new Uint8Array(secretKey) as X25519SecretKey }
  },
  x25519(secretKey, publicKey) {
    assertLength('secret key', secretKey, 32)
    if (publicKey.length !== 32) throw new AuthenticationError('weak_public_key')
    const shared = new Uint8Array(32)
    refuseWeakKey(() => sodium.crypto_scalarmult(shared, secretKey, publicKey))
    return shared
  },
  boxSeal(message, nonce, publicKey, secretKey) {
    assertLength('nonce', nonce, 24)
    assertLength('secret key', secretKey, 32)
    if (publicKey.length !== 32) throw new AuthenticationError('weak_public_key')
    const sealed = new Uint8Array(message.length + TAG_SIZE)
    refuseWeakKey(() => sodium.crypto_box_easy(sealed, message, nonce, publicKey, secretKey))
    return sealed
  },
  boxOpen(sealed, nonce, publicKey, secretKey) {
    assertLength('secret key', secretKey, 32)
    if (sealed.length < TAG_SIZE || nonce.length !== 24 || publicKey.length !== 32) return undefined
    const message = new Uint8Array(sealed.length - TAG_SIZE)
    return sodium.crypto_box_open_easy(message, sealed, nonce, publicKey, secretKey) ? message : undefined
  },
} satisfies Partial<Crypto>

const ciphers = {
  xchacha20Poly1305Seal(key, nonce, plaintext, associatedData) {
    assertLength('key', key, 32)
    assertLength('nonce', nonce, 24)
    const sealed = new Uint8Array(plaintext.length + TAG_SIZE)
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, plaintext, associatedData ?? null, null, nonce, key)
    return sealed
  },
  xchacha20Poly1305Open(key, nonce, ciphertext, associatedData) {
    assertLength('key', key, 32)
    if (ciphertext.length < TAG_SIZE || nonce.length !== 24) return undefined
    const plaintext = new Uint8Array(ciphertext.length - TAG_SIZE)
    try {
      const data = associatedData ?? null
      sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plaintext, null, ciphertext, data, nonce, key)
      return plaintext
    } catch {
      return undefined // with all lengths right, a wrong tag is the only cause
    }
  },
  aes256GcmSeal(key, nonce, plaintext) {
    assertLength('key', key, 32)
    assertLength('nonce', nonce, 12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const sealed = new Uint8Array(plaintext.length + TAG_SIZE)
    sealed.set(cipher.update(plaintext))
    cipher.final()
    sealed.set(cipher.getAuthTag(), plaintext.length)
    return sealed
  },
  aes256GcmOpen(key, nonce, ciphertext) {
    assertLength('key', key, 32)
    if (ciphertext.length < TAG_SIZE || nonce.length !== 12) return undefined
    const end = ciphertext.length - TAG_SIZE
    const options = { authTagLength: TAG_SIZE }
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, options)
    decipher.setAuthTag(ciphertext.subarray(end))
    const plaintext = new Uint8Array(decipher.update(ciphertext.subarray(0, end)))
    try {
      decipher.final()
      return plaintext
    } catch {
      return undefined // a wrong tag is the only cause
    }
  },
} satisfies Partial<Crypto>

const passphrases = {
  async argon2id(passphrase, salt, { memoryKib, passes }) {
    assertLength('salt', salt, 16)
    const options = { message: passphrase, nonce: salt, parallelism: 1, tagLength: 32, memory: memoryKib, passes }
    return new Uint8Array(await promisify(argon2)('argon2id', options))
  },
} satisfies Partial<Crypto>

function convertPublicKey(publicKey: Ed25519PublicKey): X25519PublicKey {
  if (publicKey.length !== 32) throw new AuthenticationError('weak_public_key')
  const output = new Uint8Array(32) as X25519PublicKey
  refuseWeakKey(() => sodium.crypto_sign_ed25519_pk_to_curve25519(output, publicKey))
  return output
}

/**
 * An account's every request names its signing key, to be compared with its encryption key: converting it takes 78 µs, which
 * is more than verifying the signature. Public keys only; the oldest goes when there are too many.
 */
function rememberConverted(convert: typeof convertPublicKey): typeof convertPublicKey {
  const converted = new Map<string, X25519PublicKey>()
  return (publicKey) => {
    const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString('latin1')
    const known = converted.get(name)
    // Copies go out: who gets one may do with it what they like.
    if (known !== undefined) return new Uint8Array(known) as X25519PublicKey
    const output = convert(publicKey)
    if (converted.size >= MAX_CONVERTED) converted.delete(converted.keys().next().value!)
    converted.set(name, output)
    return new Uint8Array(output) as X25519PublicKey
  }
}

/** With all lengths right, a key that is no point or of low order is the only thing that libsodium refuses. */
function refuseWeakKey(agree: () => void): void {
  try {
    agree()
  } catch (cause) {
    throw new AuthenticationError('weak_public_key', { cause })
  }
}
