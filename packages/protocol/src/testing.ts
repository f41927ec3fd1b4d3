/**
 * For tests only: the `Crypto` port by the noble libraries, and randomness that a test decides. Slow, and not hardened.
 * Applications take the providers of `@starling/runtime`.
 */
import { cbc, gcm } from '@noble/ciphers/aes.js'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { argon2idAsync } from '@noble/hashes/argon2.js'
import { blake2b } from '@noble/hashes/blake2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { concatBytes } from './bytes/bytes.ts'
import { utf8 } from './bytes/utf8.ts'
import type { AesCbc } from './crypto/aes-cbc.ts'
import type { Crypto, RandomBytes } from './crypto/crypto.ts'
import type { Ed25519PublicKey, Ed25519SecretKey, Signature, X25519PublicKey, X25519SecretKey } from './crypto/keys.ts'
import { AuthenticationError } from './errors.ts'

const TAG_SIZE = 16
const SIGMA = utf8('expand 32-byte k')

/** All functions of the port, by noble. */
export function nobleCrypto(): Crypto {
  return {
    blake2b: (size, message, key) => blake2b(message, key === undefined ? { dkLen: size } : { dkLen: size, key }),
    sha256: (message) => sha256(message),
    sha512: (message) => sha512(message),
    hmacSha256: (key, message) => hmac(sha256, key, message),

    ed25519KeyPair(seed) {
      const publicKey = ed25519.getPublicKey(seed) as Ed25519PublicKey
      return { publicKey, secretKey: concatBytes(seed, publicKey) as Ed25519SecretKey }
    },
    ed25519Sign: (secretKey, message) => ed25519.sign(message, secretKey.subarray(0, 32)) as Signature,
    ed25519Verify,
    ed25519ToX25519,
    ed25519SecretToX25519: (secretKey) =>
      ed25519.utils.toMontgomerySecret(secretKey.subarray(0, 32)) as X25519SecretKey,
    ed25519ScalarMultBase(scalar) {
      const value = littleEndian(scalar)
      return (value === 0n ? ed25519.Point.ZERO : ed25519.Point.BASE.multiply(value)).toBytes()
    },
    ed25519ScalarReduce: (wide) => toLittleEndian32(littleEndian(wide) % ed25519.Point.Fn.ORDER),

    x25519KeyPair: (secretKey) => ({
      publicKey: x25519.getPublicKey(secretKey) as X25519PublicKey,
      secretKey: secretKey.slice() as X25519SecretKey,
    }),
    x25519: agree,

    xchacha20Poly1305Seal: (key, nonce, plaintext, data) => xchacha20poly1305(key, nonce, data).encrypt(plaintext),
    xchacha20Poly1305Open: (key, nonce, sealed, data) => open(xchacha20poly1305(key, nonce, data), sealed),
    aes256GcmSeal: (key, nonce, plaintext) => gcm(key, nonce).encrypt(plaintext),
    aes256GcmOpen: (key, nonce, sealed) => open(gcm(key, nonce), sealed),
    boxSeal: (message, nonce, publicKey, secretKey) =>
      xsalsa20poly1305(boxKey(agree(secretKey, publicKey)), nonce).encrypt(message),
    boxOpen(sealed, nonce, publicKey, secretKey) {
      const shared = attempt(() => agree(secretKey, publicKey))
      return shared && open(xsalsa20poly1305(boxKey(shared), nonce), sealed)
    },
    argon2id: (passphrase, salt, { memoryKib, passes }) =>
      argon2idAsync(passphrase, salt, { m: memoryKib, t: passes, p: 1, dkLen: 32 }),
  }
}

export function nobleAesCbc(): AesCbc {
  return {
    seal: (key, iv, plaintext) => cbc(key, iv).encrypt(plaintext),
    open: (key, iv, sealed) => open(cbc(key, iv), sealed),
  }
}

/** Bytes that look random and are the same for every run: BLAKE2b of `seed` and a counter. */
export function seededRandom(seed: string): RandomBytes {
  let counter = 0
  return (length) => {
    const blocks: Uint8Array[] = []
    for (let made = 0; made < length; made += 64) blocks.push(blake2b(utf8(`${seed} ${counter++}`), { dkLen: 64 }))
    return concatBytes(...blocks).slice(0, length)
  }
}

/** Hands out `draws`, one for each call, and fails when the length asked for is another, or nothing is left. */
export function fixedRandom(...draws: readonly Uint8Array[]): RandomBytes {
  let next = 0
  return (length) => {
    const draw = draws[next++]
    if (draw?.length !== length)
      throw new Error(`draw ${next}: ${length} bytes wanted, ${draw?.length ?? 'none'} there`)
    return draw.slice()
  }
}

function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  return attempt(() => ed25519.verify(signature, message, publicKey, { zip215: false })) ?? false
}

/** As libsodium: a point outside the main subgroup is refused, too. */
function ed25519ToX25519(publicKey: Ed25519PublicKey): X25519PublicKey {
  const point = attempt(() => ed25519.Point.fromBytes(publicKey))
  if (point === undefined || point.isSmallOrder() || !point.isTorsionFree()) {
    throw new AuthenticationError('weak_public_key')
  }
  return ed25519.utils.toMontgomery(publicKey) as X25519PublicKey
}

function agree(secretKey: X25519SecretKey, publicKey: X25519PublicKey): Uint8Array {
  const shared = attempt(() => x25519.getSharedSecret(secretKey, publicKey))
  if (shared === undefined) throw new AuthenticationError('weak_public_key')
  return shared
}

/** HSalsa20 of the shared secret with an empty nonce: NaCl's `crypto_box_beforenm`. */
function boxKey(shared: Uint8Array): Uint8Array {
  const out = new Uint32Array(8)
  hsalsa(words(SIGMA), words(shared), new Uint32Array(4), out)
  const key = new Uint8Array(32)
  const view = new DataView(key.buffer)
  for (const [i, word] of out.entries()) view.setUint32(4 * i, word, true)
  return key
}

function words(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true))
}

function open(cipher: { decrypt(sealed: Uint8Array): Uint8Array }, sealed: Uint8Array): Uint8Array | undefined {
  return sealed.length < TAG_SIZE ? undefined : attempt(() => cipher.decrypt(sealed))
}

/** noble throws plain errors for what the port has as a value. */
function attempt<Result>(fn: () => Result): Result | undefined {
  try {
    return fn()
  } catch {
    return undefined
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

function toLittleEndian32(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
}
