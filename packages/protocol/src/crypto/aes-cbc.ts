/**
 * A primitive of its own, and no part of `Crypto`: nothing authenticates what it opens, so only a node whose operator
 * switched it on for third-party clients has it. Provider: `@starling/runtime/native`.
 */

/** AES-256-CBC with PKCS#7. Keys of 32 bytes, IVs of 16. */
export interface AesCbc {
  /** 1 to 16 bytes longer than `plaintext`. */
  seal(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** `undefined`, if the length or the padding is wrong. */
  open(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined
}
