/**
 * The `Crypto` port for browsers (and for Node.js where no native module runs): libsodium in WebAssembly. What its plain
 * build lacks comes from the noble libraries: SHA-256, HMAC, AES-256-GCM, Argon2id, and arithmetic on the Edwards curve.
 *
 * Results are copies, never views of WebAssembly memory: libsodium-wrappers copies in and out. That memory is not wiped
 * when it is freed, see SECURITY.md.
 */
import { gcm } from '@noble/ciphers/aes.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { argon2idAsync } from '@noble/hashes/argon2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  AuthenticationError,
  type Crypto,
  type Ed25519PublicKey,
  type Ed25519SecretKey,
  type Signature,
  type X25519PublicKey,
  type X25519SecretKey,
} from '@starling/protocol'
import sodium from 'libsodium-wrappers'
import { assertBlake2bSizes, assertLength, assertScalar } from '../crypto-arguments.ts'
import { fileCiphers } from './file-ciphers.ts'

const TAG_SIZE = 16

/**
 * Resolves when the module is compiled: once a process, some tens of milliseconds. Under a content security policy the
 * page needs `'wasm-unsafe-eval'`.
 */
export async function createWasmCrypto(): Promise<Crypto> {
  await sodium.ready
  return { ...hashes, ...signatures, ...agreement, ...ciphers, ...fileCiphers, ...passphrases }
}

const hashes = {
  blake2b(size, message, key) {
    assertBlake2bSizes(size, key)
    return sodium.crypto_generichash(size, message, key ?? null)
  },
  sha256: (message) => sha256(message),
  sha512: (message) => sodium.crypto_hash(message),
  hmacSha256: (key, message) => hmac(sha256, key, message),
} satisfies Partial<Crypto>

const signatures = {
  ed25519KeyPair(seed) {
    assertLength('seed', seed, 32)
    const pair = sodium.crypto_sign_seed_keypair(seed)
    return { publicKey: pair.publicKey as Ed25519PublicKey, secretKey: pair.privateKey as Ed25519SecretKey }
  },
  ed25519Sign(secretKey, message) {
    assertLength('signing key', secretKey, 64)
    return sodium.crypto_sign_detached(message, secretKey) as Signature
  },
  ed25519Verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false
    return sodium.crypto_sign_verify_detached(signature, message, publicKey)
  },
  ed25519ToX25519(publicKey) {
    if (publicKey.length !== 32) throw new AuthenticationError('weak_public_key')
    return refuseWeakKey(() => sodium.crypto_sign_ed25519_pk_to_curve25519(publicKey)) as X25519PublicKey
  },
  ed25519SecretToX25519(secretKey) {
    assertLength('signing key', secretKey, 64)
    return sodium.crypto_sign_ed25519_sk_to_curve25519(secretKey) as X25519SecretKey
  },
  ed25519ScalarMultBase(scalar) {
    assertScalar(scalar)
    return ed25519.Point.BASE.multiply(ed25519.Point.Fn.fromBytes(scalar)).toBytes()
  },
  ed25519ScalarReduce(wide) {
    assertLength('wide scalar', wide, 64)
    const value = wide.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    return ed25519.Point.Fn.toBytes(ed25519.Point.Fn.create(value))
  },
} satisfies Partial<Crypto>

const agreement = {
  x25519KeyPair(secretKey) {
    assertLength('secret key', secretKey, 32)
    return {
      publicKey: sodium.crypto_scalarmult_base(secretKey) as X25519PublicKey,
      secretKey: new Uint8Array(secretKey) as X25519SecretKey, // not `slice`: of a Buffer that is a view
    }
  },
  x25519(secretKey, publicKey) {
    assertLength('secret key', secretKey, 32)
    if (publicKey.length !== 32) throw new AuthenticationError('weak_public_key')
    return refuseWeakKey(() => sodium.crypto_scalarmult(secretKey, publicKey))
  },
  boxSeal(message, nonce, publicKey, secretKey) {
    assertLength('nonce', nonce, 24)
    assertLength('secret key', secretKey, 32)
    if (publicKey.length !== 32) throw new AuthenticationError('weak_public_key')
    return refuseWeakKey(() => sodium.crypto_box_easy(message, nonce, publicKey, secretKey))
  },
  boxOpen(sealed, nonce, publicKey, secretKey) {
    assertLength('secret key', secretKey, 32)
    if (sealed.length < TAG_SIZE || nonce.length !== 24 || publicKey.length !== 32) return undefined
    return authentic(() => sodium.crypto_box_open_easy(sealed, nonce, publicKey, secretKey))
  },
} satisfies Partial<Crypto>

const ciphers = {
  xchacha20Poly1305Seal(key, nonce, plaintext, associatedData) {
    assertLength('key', key, 32)
    assertLength('nonce', nonce, 24)
    return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, associatedData ?? null, null, nonce, key)
  },
  xchacha20Poly1305Open(key, nonce, ciphertext, associatedData) {
    assertLength('key', key, 32)
    if (ciphertext.length < TAG_SIZE || nonce.length !== 24) return undefined
    return authentic(() =>
      sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, associatedData ?? null, nonce, key),
    )
  },
  aes256GcmSeal(key, nonce, plaintext) {
    assertLength('key', key, 32)
    assertLength('nonce', nonce, 12)
    return gcm(key, nonce).encrypt(plaintext)
  },
  aes256GcmOpen(key, nonce, ciphertext) {
    assertLength('key', key, 32)
    if (ciphertext.length < TAG_SIZE || nonce.length !== 12) return undefined
    return authentic(() => gcm(key, nonce).decrypt(ciphertext))
  },
} satisfies Partial<Crypto>

const passphrases = {
  argon2id(passphrase, salt, { memoryKib, passes }) {
    assertLength('salt', salt, 16)
    return argon2idAsync(passphrase, salt, { m: memoryKib, t: passes, p: 1, dkLen: 32 })
  },
} satisfies Partial<Crypto>

/** With all lengths right, a key that is no point or of low order is the only thing that the library refuses. */
function refuseWeakKey(agree: () => Uint8Array): Uint8Array {
  try {
    return agree()
  } catch (cause) {
    throw new AuthenticationError('weak_public_key', { cause })
  }
}

/** With all lengths right, a wrong tag is the only thing that the libraries refuse. */
function authentic(open: () => Uint8Array): Uint8Array | undefined {
  try {
    return open()
  } catch {
    return undefined
  }
}
