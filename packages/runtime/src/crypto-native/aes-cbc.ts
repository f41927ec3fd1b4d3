/** AES-256-CBC by node:crypto, for nodes that accept layers of third-party clients in it. */
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import type { AesCbc } from '@starling/protocol'
import { assertLength } from '../crypto-arguments.ts'

const CIPHER = 'aes-256-cbc'
const BLOCK_SIZE = 16

/** Has no state. */
export function createNativeAesCbc(): AesCbc {
  return {
    seal(key, iv, plaintext) {
      assertLength('key', key, 32)
      assertLength('IV', iv, BLOCK_SIZE)
      const cipher = createCipheriv(CIPHER, createSecretKey(key), iv)
      return new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final()]))
    },
    open(key, iv, ciphertext) {
      assertLength('key', key, 32)
      if (ciphertext.length === 0 || ciphertext.length % BLOCK_SIZE !== 0 || iv.length !== BLOCK_SIZE) return undefined
      const decipher = createDecipheriv(CIPHER, createSecretKey(key), iv)
      const start = decipher.update(ciphertext)
      try {
        return new Uint8Array(Buffer.concat([start, decipher.final()]))
      } catch {
        return undefined // with all lengths right, wrong padding is the only cause
      }
    },
  }
}
