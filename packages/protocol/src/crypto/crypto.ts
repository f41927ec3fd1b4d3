/**
 * The port through which primitives come in. No function keeps or changes what it is given; all but `argon2id` are
 * synchronous.
 * Providers: `@starling/runtime/wasm` and `@starling/runtime/native`; both run the suite `crypto.suite.ts`.
 */
import type {
  Ed25519KeyPair,
  Ed25519PublicKey,
  Ed25519SecretKey,
  Signature,
  X25519KeyPair,
  X25519PublicKey,
  X25519SecretKey,
} from './keys.ts'

export interface Crypto {
  /** BLAKE2b of `size` bytes (1…64), optionally keyed (key of 1…64 bytes). RFC 7693. */
  blake2b(size: number, message: Uint8Array, key?: Uint8Array): Uint8Array
  /** 32 bytes. FIPS 180-4. */
  sha256(message: Uint8Array): Uint8Array
  /** 64 bytes. FIPS 180-4. */
  sha512(message: Uint8Array): Uint8Array
  /** 32 bytes. RFC 2104. */
  hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array

  /** Key pair of a 32-byte seed. RFC 8032. */
  ed25519KeyPair(seed: Uint8Array): Ed25519KeyPair
  ed25519Sign(secretKey: Ed25519SecretKey, message: Uint8Array): Signature
  /** False for a wrong signature, a wrong length and a key that is no point. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** u-coordinate of the point. @throws {AuthenticationError} `weak_public_key`, if it is no point or of low order. */
  ed25519ToX25519(publicKey: Ed25519PublicKey): X25519PublicKey
  /** Clamped first half of SHA-512 of the seed. */
  ed25519SecretToX25519(secretKey: Ed25519SecretKey): X25519SecretKey
  /** `r · B` for a scalar of 32 bytes, little endian, below the group order, not clamped. */
  ed25519ScalarMultBase(scalar: Uint8Array): Uint8Array
  /** A 64-byte value modulo the group order, as 32 bytes, little endian. */
  ed25519ScalarReduce(wide: Uint8Array): Uint8Array

  x25519KeyPair(secretKey: Uint8Array): X25519KeyPair
  /** 32 bytes. RFC 7748. @throws {AuthenticationError} `weak_public_key`, if the result would be all zero. */
  x25519(secretKey: X25519SecretKey, publicKey: X25519PublicKey): Uint8Array

  /** IETF XChaCha20-Poly1305: key 32, nonce 24 bytes; output is 16 bytes longer. */
  xchacha20Poly1305Seal(
    key: Uint8Array,
    nonce: Uint8Array,
    plaintext: Uint8Array,
    associatedData?: Uint8Array,
  ): Uint8Array
  /** `undefined`, if it does not authenticate or is too short. */
  xchacha20Poly1305Open(
    key: Uint8Array,
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    associatedData?: Uint8Array,
  ): Uint8Array | undefined
  /** AES-256-GCM: key 32, nonce 12 bytes; output is 16 bytes longer. */
  aes256GcmSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array
  aes256GcmOpen(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined
  /**
   * AES-256-CBC with PKCS#7, then HMAC-SHA256 over IV and ciphertext: key of 64 bytes (AES, then HMAC), IV of 16; output is
   * 33 to 48 bytes longer.
   */
  aes256CbcHmacSeal(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** `undefined`, if it does not authenticate, which is found out first and in constant time, or is not padded. */
  aes256CbcHmacOpen(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
  /** A stream of chunks by libsodium's secretstream (XChaCha20-Poly1305): key of 32 bytes, header of 24. */
  secretStreamSealer(key: Uint8Array, header: Uint8Array): SecretStreamSealer
  secretStreamOpener(key: Uint8Array, header: Uint8Array): SecretStreamOpener
  /** NaCl box (X25519, XSalsa20-Poly1305): nonce 24 bytes; output is 16 bytes longer. */
  boxSeal(message: Uint8Array, nonce: Uint8Array, publicKey: X25519PublicKey, secretKey: X25519SecretKey): Uint8Array
  boxOpen(
    sealed: Uint8Array,
    nonce: Uint8Array,
    publicKey: X25519PublicKey,
    secretKey: X25519SecretKey,
  ): Uint8Array | undefined

  /**
   * 32 bytes by Argon2id (RFC 9106) with one lane, from a passphrase of any length and a salt of 16 bytes. Takes as long as
   * `cost` says, and gives other work its turn meanwhile.
   */
  argon2id(passphrase: Uint8Array, salt: Uint8Array, cost: PassphraseCost): Promise<Uint8Array>
}

/** Chunks in their order. */
export interface SecretStreamSealer {
  /** 17 bytes longer. */
  seal(chunk: Uint8Array, options: { readonly isLast: boolean }): Uint8Array
}

export interface SecretStreamOpener {
  /** `undefined`, if it is not the next chunk as it was sealed; nothing can be opened afterwards. */
  open(sealed: Uint8Array): { readonly chunk: Uint8Array; readonly isLast: boolean } | undefined
}

/** What guessing a passphrase costs: memory in KiB (8 at least), and how often it is gone through. RFC 9106 §3.1. */
export type PassphraseCost = { readonly memoryKib: number; readonly passes: number }

/**
 * RFC 9106 §4, second recommended option: 64 MiB. On the machines of today a third of a second in native code, two seconds in
 * JavaScript.
 */
export const PASSPHRASE_COST: PassphraseCost = { memoryKib: 65_536, passes: 3 }

/** `length` bytes that nobody can foresee. */
export type RandomBytes = (length: number) => Uint8Array
