/**
 * Hides a config message from everybody but the devices of its account. Deterministic, so that devices which come to the
 * same version store the same item. docs/protocol/config.md §4.
 */
import { concatBytes, wipe } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import { u64be } from '../codec/codec.ts'
import type { Crypto } from '../crypto/crypto.ts'

/** Nonce and tag. */
export const CIPHER_OVERHEAD = 40
const KEY_SIZE = 32
const NONCE_SIZE = 24
const NONCE_KEY = 'libsessionutil-config-encrypted-'

/** `base` has 32 bytes and stays the caller's; it is mixed with the domain and the length before use. */
export type ConfigKey = { readonly base: Uint8Array; readonly domain: string }

/** Zeros in front of the plaintext, so that its length tells little. */
export function padConfig(plaintext: Uint8Array): Uint8Array {
  const size = plaintext.length + CIPHER_OVERHEAD
  const step = size < 5120 ? 256 : size < 20_480 ? 1024 : size < 40_960 ? 2048 : 5120
  const padded = new Uint8Array(Math.ceil(size / step) * step - CIPHER_OVERHEAD)
  padded.set(plaintext, padded.length - plaintext.length)
  return padded
}

/** Shares the memory of `padded`. */
export function unpadConfig(padded: Uint8Array): Uint8Array {
  let start = 0
  while (start < padded.length && padded[start] === 0) start++
  return padded.subarray(start)
}

/** 40 bytes longer than `padded`. */
export function sealConfig(crypto: Crypto, key: ConfigKey, padded: Uint8Array): Uint8Array {
  // The nonce is a hash of the plaintext: it repeats only with the same plaintext, and then the item is the same, too.
  const nonce = crypto.blake2b(NONCE_SIZE, padded, utf8(NONCE_KEY + key.domain))
  const itemKey = deriveItemKey(crypto, key, padded.length)
  try {
    return concatBytes(crypto.xchacha20Poly1305Seal(itemKey, nonce, padded), nonce)
  } finally {
    wipe(itemKey)
  }
}

/** `undefined`, if it was not sealed with this key. */
export function openConfig(crypto: Crypto, key: ConfigKey, item: Uint8Array): Uint8Array | undefined {
  if (item.length < CIPHER_OVERHEAD) return undefined
  const itemKey = deriveItemKey(crypto, key, item.length - CIPHER_OVERHEAD)
  try {
    return crypto.xchacha20Poly1305Open(itemKey, item.subarray(-NONCE_SIZE), item.subarray(0, -NONCE_SIZE))
  } finally {
    wipe(itemKey)
  }
}

function deriveItemKey(crypto: Crypto, { base, domain }: ConfigKey, paddedSize: number): Uint8Array {
  const input = concatBytes(base, u64be.encode(BigInt(paddedSize)), utf8(domain))
  try {
    return crypto.blake2b(KEY_SIZE, input)
  } finally {
    wipe(input)
  }
}
