/**
 * Files as one ZIP archive, stored as they are: pictures are compressed already. At most 65,535 files and 4,294,967,295 bytes,
 * beyond which another form of the format begins. @see APPNOTE.TXT 6.3.10, §4.3
 */
import type { ExportedFile } from '@starling/client'

const MOST_FILES = 0xffff
const MOST_BYTES = 0xffff_ffff
const VERSION = 20
/** Names are UTF-8. */
const FLAGS = 0x0800
/** 1 January 1980: when a file was made is nobody's business. */
const DATE = 0x0021

/** Too many files, or too many bytes, for one archive. */
class ZipError extends Error {
  override readonly name = 'ZipError'
  readonly code = 'zip_too_large'
}

type Entry = { readonly path: Uint8Array; readonly crc: number; readonly size: number; readonly offset: number }

/** One file is read at a time, when the one before is taken in. @throws {ZipError} and what `files` throws */
export async function zipOf(files: AsyncIterable<ExportedFile>, mostFiles = MOST_FILES): Promise<Blob> {
  const parts: BlobPart[] = []
  const entries: Entry[] = []
  let offset = 0
  const add = (part: Uint8Array<ArrayBuffer> | Blob): void => {
    parts.push(part)
    offset += part instanceof Blob ? part.size : part.length
    if (offset > MOST_BYTES) throw new ZipError()
  }
  for await (const { path, content } of files) {
    if (entries.length === mostFiles) throw new ZipError()
    const { blob, crc } = await readContent(content)
    const entry = { path: new TextEncoder().encode(path), crc, size: blob.size, offset }
    entries.push(entry)
    add(localHeader(entry))
    add(blob)
  }
  const start = offset
  for (const entry of entries) add(centralHeader(entry))
  add(endRecord({ count: entries.length, size: offset - start, start }))
  return new Blob(parts, { type: 'application/zip' })
}

async function readContent(content: AsyncIterable<Uint8Array>): Promise<{ blob: Blob; crc: number }> {
  const parts: Blob[] = []
  let crc = 0xffff_ffff
  for await (const chunk of content) {
    for (const byte of chunk) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
    parts.push(new Blob([new Uint8Array(chunk)]))
  }
  return { blob: new Blob(parts), crc: ~crc >>> 0 }
}

function localHeader(entry: Entry): Uint8Array<ArrayBuffer> {
  return fields([[4, 0x0403_4b50], ...about(entry)], entry.path)
}

function centralHeader(entry: Entry): Uint8Array<ArrayBuffer> {
  // No comment, first disk, no attributes; then where the file stands.
  const rest: Field[] = [
    [2, 0],
    [2, 0],
    [2, 0],
    [4, 0],
    [4, entry.offset],
  ]
  return fields([[4, 0x0201_4b50], [2, VERSION], ...about(entry), ...rest], entry.path)
}

/** What both headers say. */
function about({ path, crc, size }: Entry): Field[] {
  const method = 0
  const time = 0
  const extra = 0
  return [
    ...([
      [2, VERSION],
      [2, FLAGS],
      [2, method],
      [2, time],
      [2, DATE],
    ] as const),
    ...([
      [4, crc],
      [4, size],
      [4, size],
      [2, path.length],
      [2, extra],
    ] as const),
  ]
}

function endRecord({ count, size, start }: { count: number; size: number; start: number }): Uint8Array<ArrayBuffer> {
  return fields([
    [4, 0x0605_4b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, size],
    [4, start],
    [2, 0],
  ])
}

type Field = readonly [bytes: 2 | 4, value: number]

/** Little endian, then `tail`. */
function fields(all: readonly Field[], tail: Uint8Array = new Uint8Array()): Uint8Array<ArrayBuffer> {
  const size = all.reduce((sum, [bytes]) => sum + bytes, 0)
  const record = new Uint8Array(size + tail.length)
  const view = new DataView(record.buffer)
  let at = 0
  for (const [bytes, value] of all) {
    if (bytes === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += bytes
  }
  record.set(tail, at)
  return record
}

/** CRC-32 as in IEEE 802.3. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1
  return crc
})
