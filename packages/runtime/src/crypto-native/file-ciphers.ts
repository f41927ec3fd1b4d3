/// <reference path="./sodium-native.d.ts" />
/** What files are encrypted by: AES-CBC under an HMAC by node:crypto, and libsodium's secretstream. */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { type Crypto, joinBytes } from '@starling/protocol'
import sodium from 'sodium-native'
import { assertLength } from '../crypto-arguments.ts'

const BLOCK_SIZE = 16
const MAC_SIZE = 32
const STREAM_OVERHEAD = 17
const STREAM_STATE_SIZE = 52
const FINAL = 3

export const fileCiphers = {
  aes256CbcHmacSeal(key, iv, plaintext) {
    assertLength('key', key, 64)
    assertLength('IV', iv, BLOCK_SIZE)
    const cipher = createCipheriv('aes-256-cbc', key.subarray(0, 32), iv)
    const ciphertext = joinBytes([cipher.update(plaintext), cipher.final()])
    return joinBytes([ciphertext, macOf(key, iv, ciphertext)])
  },
  aes256CbcHmacOpen(key, iv, sealed) {
    assertLength('key', key, 64)
    const end = sealed.length - MAC_SIZE
    if (iv.length !== BLOCK_SIZE || end < BLOCK_SIZE || end % BLOCK_SIZE !== 0) return undefined
    const ciphertext = sealed.subarray(0, end)
    if (!timingSafeEqual(macOf(key, iv, ciphertext), sealed.subarray(end))) return undefined
    const decipher = createDecipheriv('aes-256-cbc', key.subarray(0, 32), iv)
    try {
      return joinBytes([decipher.update(ciphertext), decipher.final()])
    } catch {
      return undefined // authentic, but not padded: its producer is at fault
    }
  },
  secretStreamSealer(key, header) {
    const state = streamState(key, header)
    return {
      seal(chunk, { isLast }) {
        const sealed = new Uint8Array(chunk.length + STREAM_OVERHEAD)
        sodium.crypto_secretstream_xchacha20poly1305_push(state, sealed, chunk, null, isLast ? FINAL : 0)
        return sealed
      },
    }
  },
  secretStreamOpener(key, header) {
    const state = streamState(key, header)
    return {
      open(sealed) {
        if (sealed.length < STREAM_OVERHEAD) return undefined
        const chunk = new Uint8Array(sealed.length - STREAM_OVERHEAD)
        const tag = new Uint8Array(1)
        try {
          sodium.crypto_secretstream_xchacha20poly1305_pull(state, chunk, tag, sealed, null)
        } catch {
          return undefined // with all lengths right, a wrong tag is the only cause
        }
        return { chunk, isLast: tag[0] === FINAL }
      },
    }
  },
} satisfies Partial<Crypto>

function macOf(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return createHmac('sha256', key.subarray(32)).update(iv).update(ciphertext).digest()
}

/** One state for both directions: libsodium would draw the header of a sender itself. */
function streamState(key: Uint8Array, header: Uint8Array): Uint8Array {
  assertLength('key', key, 32)
  assertLength('header', header, 24)
  const state = new Uint8Array(STREAM_STATE_SIZE)
  sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
  return state
}
