/** How large files may be, and how they are padded. docs/protocol/attachment.md §2, §4. */
import { MalformedInputError } from '../errors.ts'

/** Of a file before encryption. */
export const MAX_FILE_BYTES = 10_000_000
/** Of an encrypted file on its server: the largest that any format makes of 10,000,000 bytes, and its header. */
export const MAX_BLOB_BYTES = 10_223_616

const LEGACY_LEAST = 541
const LEGACY_STEP = Math.log(1.05)
export const CHUNK_SIZE = 32_768
export const SEALED_CHUNK_SIZE = CHUNK_SIZE + 17
/** The mark, the header, and the byte that ends the padding. */
const STREAM_OVERHEAD = 26
const STREAM_LEAST = 131_072

/** @throws {MalformedInputError} `attachment`, if it is over 10,000,000 bytes. */
export function assertFileSize(size: number): void {
  if (size > MAX_FILE_BYTES) throw new MalformedInputError('attachment', `file of ${size} bytes`)
}

/** What a legacy attachment of `size` bytes is filled up to with zeros: the next of steps of 5 %. */
export function legacyPaddedSize(size: number): number {
  // In floating point, as everywhere: nobody verifies the step, but everybody's should look alike.
  const step = size === 0 ? 0 : Math.floor(1.05 ** Math.ceil(Math.log(size) / LEGACY_STEP))
  return Math.max(size, Math.min(Math.max(LEGACY_LEAST, step), MAX_FILE_BYTES))
}

/** Padding of an encrypted stream of `size` bytes: 1 byte at least, which is the one that ends it. */
export function streamPaddingSize(size: number): number {
  const chunks = Math.ceil(size / CHUNK_SIZE)
  const least = size + STREAM_OVERHEAD + 17 * chunks
  const step = 2 ** Math.floor(Math.log2(Math.max(least, STREAM_LEAST))) / 32
  const padding = Math.ceil(least / step) * step - least + 1
  const whole = Math.floor(padding / SEALED_CHUNK_SIZE)
  const isOver = padding % SEALED_CHUNK_SIZE > CHUNK_SIZE * chunks - size
  return padding - 17 * (whole + Number(isOver))
}
