/** What both providers of the `Crypto` port demand of their arguments, so that they fail alike. */
import { MessengerError } from '@starling/protocol'

/** A primitive was called in a way that no input from outside can cause. */
export class CryptoArgumentError extends MessengerError {
  override readonly name = 'CryptoArgumentError'
  readonly fault = 'caller'
  readonly code: 'wrong_length' | 'scalar_out_of_range'
  constructor(code: CryptoArgumentError['code'], detail: string) {
    super(`${code.replaceAll('_', ' ')}: ${detail}`)
    this.code = code
  }
}

/** @throws {CryptoArgumentError} `wrong_length` */
export function assertLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new CryptoArgumentError('wrong_length', `${name} of ${bytes.length} bytes`)
}

/** @throws {CryptoArgumentError} `wrong_length`, if the hash or its key is not of 1…64 bytes. */
export function assertBlake2bSizes(size: number, key: Uint8Array | undefined): void {
  if (!Number.isInteger(size) || size < 1 || size > 64)
    throw new CryptoArgumentError('wrong_length', `hash of ${size} bytes`)
  if (key !== undefined && (key.length < 1 || key.length > 64))
    throw new CryptoArgumentError('wrong_length', `hash key of ${key.length} bytes`)
}

/**
 * Holds for 32 bytes, little endian, of 1 up to the group order less one. Takes the same time for every scalar.
 *
 * @throws {CryptoArgumentError} `wrong_length` or `scalar_out_of_range`
 */
export function assertScalar(scalar: Uint8Array): void {
  assertLength('scalar', scalar, 32)
  let borrow = 0
  let bits = 0
  for (let i = 0; i < 32; i++) {
    borrow = ((scalar[i]! - GROUP_ORDER[i]! - borrow) >> 8) & 1
    bits |= scalar[i]!
  }
  if (borrow === 0 || bits === 0) throw new CryptoArgumentError('scalar_out_of_range', '32 bytes')
}

/** 2^252 + 27742317777372353535851937790883648493, little endian. RFC 8032 §5.1. */
const GROUP_ORDER = Uint8Array.of(
  ...[0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10],
)
