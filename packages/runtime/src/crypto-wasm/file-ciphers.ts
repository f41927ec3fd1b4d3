/** What files are encrypted by: AES-CBC under an HMAC by the noble libraries, and libsodium's secretstream. */
import { cbc } from '@noble/ciphers/aes.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { type Crypto, equalBytes, joinBytes } from '@starling/protocol'
import sodium, { type StateAddress } from 'libsodium-wrappers'
import { assertLength } from '../crypto-arguments.ts'

const BLOCK_SIZE = 16
const MAC_SIZE = 32
const STREAM_OVERHEAD = 17
const FINAL = 3

export const fileCiphers = {
  aes256CbcHmacSeal(key, iv, plaintext) {
    assertLength('key', key, 64)
    assertLength('IV', iv, BLOCK_SIZE)
    const ciphertext = cbc(key.subarray(0, 32), iv).encrypt(plaintext)
    return joinBytes([ciphertext, macOf(key, iv, ciphertext)])
  },
  aes256CbcHmacOpen(key, iv, sealed) {
    assertLength('key', key, 64)
    const end = sealed.length - MAC_SIZE
    if (iv.length !== BLOCK_SIZE || end < BLOCK_SIZE || end % BLOCK_SIZE !== 0) return undefined
    const ciphertext = sealed.subarray(0, end)
    if (!equalBytes(macOf(key, iv, ciphertext), sealed.subarray(end))) return undefined
    try {
      return cbc(key.subarray(0, 32), iv).decrypt(ciphertext).slice() // of a view that has the padding, too
    } catch {
      return undefined // authentic, but not padded: its producer is at fault
    }
  },
  secretStreamSealer(key, header) {
    const state = streamState(key, header)
    return {
      seal: (chunk, { isLast }) =>
        sodium.crypto_secretstream_xchacha20poly1305_push(state, chunk, null, isLast ? FINAL : 0),
    }
  },
  secretStreamOpener(key, header) {
    const state = streamState(key, header)
    return {
      open(sealed) {
        if (sealed.length < STREAM_OVERHEAD) return undefined
        const opened = sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed, null)
        return opened ? { chunk: opened.message, isLast: opened.tag === FINAL } : undefined
      },
    }
  },
} satisfies Partial<Crypto>

function macOf(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return hmac.create(sha256, key.subarray(32)).update(iv).update(ciphertext).digest()
}

/**
 * One state for both directions: libsodium would draw the header of a sender itself. Its 52 bytes of WebAssembly memory
 * cannot be freed from here.
 */
function streamState(key: Uint8Array, header: Uint8Array): StateAddress {
  assertLength('key', key, 32)
  assertLength('header', header, 24)
  return sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key)
}
