/**
 * For tests only: the `Crypto` port by the noble libraries, and randomness that a test decides. Slow, and not hardened.
 * Applications take the providers of `@starling/runtime`.
 */

import { poly1305 } from '@noble/ciphers/_poly1305.js'
import { cbc, gcm } from '@noble/ciphers/aes.js'
import { chacha20, hchacha, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { argon2idAsync } from '@noble/hashes/argon2.js'
import { blake2b } from '@noble/hashes/blake2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes } from './bytes/bytes.ts'
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
    aes256GcmOpen: (key, nonce, sealed) => (nonce.length === 12 ? open(gcm(key, nonce), sealed) : undefined),
    boxSeal: (message, nonce, publicKey, secretKey) =>
      xsalsa20poly1305(boxKey(agree(secretKey, publicKey)), nonce).encrypt(message),
    boxOpen(sealed, nonce, publicKey, secretKey) {
      const shared = attempt(() => agree(secretKey, publicKey))
      return shared && open(xsalsa20poly1305(boxKey(shared), nonce), sealed)
    },
    aes256CbcHmacSeal(key, iv, plaintext) {
      const ciphertext = cbc(key.subarray(0, 32), iv).encrypt(plaintext)
      return concatBytes(ciphertext, hmac(sha256, key.subarray(32), concatBytes(iv, ciphertext)))
    },
    aes256CbcHmacOpen(key, iv, sealed) {
      if (sealed.length < 48 || iv.length !== 16) return undefined
      const ciphertext = sealed.subarray(0, -32)
      const tag = hmac(sha256, key.subarray(32), concatBytes(iv, ciphertext))
      return equalBytes(tag, sealed.subarray(-32))
        ? attempt(() => cbc(key.subarray(0, 32), iv).decrypt(ciphertext))
        : undefined
    },
    secretStreamSealer(key, header) {
      const stream = new SecretStream(key, header)
      return { seal: (chunk, { isLast }) => stream.seal(chunk, isLast ? 3 : 0) }
    },
    secretStreamOpener(key, header) {
      const stream = new SecretStream(key, header)
      return { open: (sealed) => stream.open(sealed) }
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
  return bytesOf(out)
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

/** The construction of libsodium's `crypto_secretstream_xchacha20poly1305`, without associated data and rekeying. */
class SecretStream {
  readonly #key: Uint8Array
  /** A counter of 4 bytes, then 8 bytes that change with each chunk. */
  readonly #nonce: Uint8Array

  constructor(key: Uint8Array, header: Uint8Array) {
    const out = new Uint32Array(8)
    hchacha(words(SIGMA), words(key), words(header.subarray(0, 16)), out)
    this.#key = bytesOf(out)
    this.#nonce = concatBytes(Uint8Array.of(1, 0, 0, 0), header.subarray(16))
  }

  seal(chunk: Uint8Array, tag: number): Uint8Array {
    const block = this.#xor(Uint8Array.of(tag, ...new Uint8Array(63)), 1)
    const ciphertext = this.#xor(chunk, 2)
    const mac = this.#mac(block, ciphertext)
    this.#advance(mac)
    return concatBytes(block.subarray(0, 1), ciphertext, mac)
  }

  open(sealed: Uint8Array): { chunk: Uint8Array; isLast: boolean } | undefined {
    if (sealed.length < 17) return undefined
    const ciphertext = sealed.subarray(1, -16)
    const tag = this.#xor(Uint8Array.of(sealed[0]!, ...new Uint8Array(63)), 1)[0]!
    const block = this.#xor(Uint8Array.of(tag, ...new Uint8Array(63)), 1)
    const mac = this.#mac(block, ciphertext)
    if (!equalBytes(mac, sealed.subarray(-16))) return undefined
    const chunk = this.#xor(ciphertext, 2)
    this.#advance(mac)
    return { chunk, isLast: tag === 3 }
  }

  #xor(bytes: Uint8Array, counter: number): Uint8Array {
    return bytes.length === 0 ? new Uint8Array() : chacha20(this.#key, this.#nonce, bytes, undefined, counter)
  }

  #mac(block: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const lengths = new Uint8Array(16)
    new DataView(lengths.buffer).setUint32(8, 64 + ciphertext.length, true)
    // Not up to a multiple of 16, but by as many bytes as are too many: libsodium has it so.
    const padding = new Uint8Array(ciphertext.length % 16)
    return poly1305(concatBytes(block, ciphertext, padding, lengths), this.#xor(new Uint8Array(64), 0).subarray(0, 32))
  }

  #advance(mac: Uint8Array): void {
    for (let i = 0; i < 8; i++) this.#nonce[4 + i]! ^= mac[i]!
    const view = new DataView(this.#nonce.buffer)
    view.setUint32(0, view.getUint32(0, true) + 1, true)
  }
}

function bytesOf(list: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * list.length)
  const view = new DataView(bytes.buffer)
  for (const [i, word] of list.entries()) view.setUint32(4 * i, word, true)
  return bytes
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

function toLittleEndian32(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
}
