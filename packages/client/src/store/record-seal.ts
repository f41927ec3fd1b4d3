import { type Crypto, concatBytes, type RandomBytes, wipe } from '@starling/protocol'
import { StoreError } from './store-error.ts'

export type RecordSeal = {
  readonly crypto: Crypto
  readonly recordKey: Uint8Array
  /** The record's key on the disk. It is authenticated, so that no record can be put in another's place. */
  readonly name: Uint8Array
}

const NONCE_SIZE = 24
/** Sealed sizes tell lengths in steps of this. */
const BLOCK_SIZE = 64
const PADDING_MARK = 0x80

/**
 * Nonce ‖ XChaCha20-Poly1305 of the padded value. Nonces of 24 random bytes do not repeat in practice, so that one key may
 * seal any number of records.
 */
export function sealRecord(
  { crypto, random, recordKey, name }: RecordSeal & { random: RandomBytes },
  value: Uint8Array,
): Uint8Array {
  const padded = new Uint8Array(Math.ceil((value.length + 1) / BLOCK_SIZE) * BLOCK_SIZE)
  padded.set(value)
  padded[value.length] = PADDING_MARK
  const nonce = random(NONCE_SIZE)
  const sealed = crypto.xchacha20Poly1305Seal(recordKey, nonce, padded, name)
  wipe(padded)
  return concatBytes(nonce, sealed)
}

/** @throws {StoreError} `unreadable`, for another key, another name and any change. */
export function openRecord({ crypto, recordKey, name }: RecordSeal, sealed: Uint8Array): Uint8Array {
  if (sealed.length < NONCE_SIZE) throw new StoreError('unreadable')
  const nonce = sealed.slice(0, NONCE_SIZE)
  const padded = crypto.xchacha20Poly1305Open(recordKey, nonce, sealed.slice(NONCE_SIZE), name)
  const end = padded?.lastIndexOf(PADDING_MARK) ?? -1
  if (padded === undefined || end < 0) throw new StoreError('unreadable')
  return padded.slice(0, end)
}
