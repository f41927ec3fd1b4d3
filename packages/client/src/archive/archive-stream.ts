/**
 * An archive as an encrypted file: docs/protocol/archive.md §2. Pieces of one size, each sealed under its number and whether
 * it is the last one: they cannot be left out, repeated, put in another order or cut off.
 */
import {
  bytes,
  CodecError,
  type Crypto,
  concatBytes,
  constant,
  labels,
  type PassphraseCost,
  type RandomBytes,
  struct,
  u8,
  u32be,
  utf8,
  wipe,
} from '@starling/protocol'
import { assertPassphrase } from '../store/sealed-key.ts'
import { ArchiveError } from './archive-error.ts'

/** "STAR" */
const MAGIC = 0x53_54_41_52
const SALT_SIZE = 16
const HEADER_SIZE = 4 + 1 + 4 + 4 + SALT_SIZE
/** What stands in a piece; sealed it is 16 bytes longer. */
const PIECE_SIZE = 65_536
const SEALED_SIZE = PIECE_SIZE + 16
const PADDING = 0x0a
/** Of what a file may make us do: 1 GiB, 32 times through. */
const MOST: PassphraseCost = { memoryKib: 1_048_576, passes: 32 }
const LEAST: PassphraseCost = { memoryKib: 8, passes: 1 }

const headerCodec = struct({
  magic: constant(u32be, MAGIC),
  version: constant(u8, 1),
  memoryKib: u32be,
  passes: u32be,
  salt: bytes(SALT_SIZE),
})

type Ports = {
  readonly crypto: Crypto
  readonly passphrase: string
  /** Ends it between pieces. */
  readonly signal?: AbortSignal | undefined
}

/** Seals `content`, which must not depend on how it is cut, filled up with line feeds. @throws {PassphraseError} `empty`, `too_long` */
export async function* sealArchive(
  content: AsyncIterable<Uint8Array>,
  { crypto, passphrase, random, cost, signal }: Ports & { readonly random: RandomBytes; readonly cost: PassphraseCost },
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted()
  assertPassphrase(passphrase)
  const header = headerCodec.encode({ magic: MAGIC, version: 1, ...cost, salt: random(SALT_SIZE) })
  const key = await deriveKey(crypto, passphrase, header)
  try {
    signal?.throwIfAborted()
    yield header
    let number = 0
    let waiting: Uint8Array | undefined
    for await (const piece of inPieces(content, PIECE_SIZE)) {
      if (waiting !== undefined) yield crypto.xchacha20Poly1305Seal(key, nonceOf(number++, false), waiting)
      waiting = piece
    }
    const last = new Uint8Array(PIECE_SIZE).fill(PADDING)
    if (waiting !== undefined) last.set(waiting)
    yield crypto.xchacha20Poly1305Seal(key, nonceOf(number, true), last)
  } finally {
    wipe(key)
  }
}

/**
 * What was sealed, in pieces as they open: all but the last are genuine before the end is known. Whoever reads the end has
 * everything.
 *
 * @throws {ArchiveError} `not_an_archive`, `newer_version`, `passphrase_or_damage`, `damaged`
 */
export async function* openArchive(
  archive: AsyncIterable<Uint8Array>,
  { crypto, passphrase, signal }: Ports,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted()
  assertPassphrase(passphrase)
  const pieces = inPieces(archive, SEALED_SIZE, HEADER_SIZE)
  const first = await pieces.next()
  const header = first.done ? new Uint8Array() : first.value
  const key = await deriveKey(crypto, passphrase, checkHeader(header))
  try {
    signal?.throwIfAborted()
    let number = 0
    let sealed = await pieces.next()
    if (sealed.done) throw new ArchiveError('damaged')
    while (!sealed.done) {
      const next = await pieces.next()
      signal?.throwIfAborted()
      const piece = crypto.xchacha20Poly1305Open(key, nonceOf(number, next.done === true), sealed.value)
      if (piece === undefined) throw new ArchiveError(number === 0 ? 'passphrase_or_damage' : 'damaged')
      yield piece
      number++
      sealed = next
    }
  } finally {
    wipe(key)
  }
}

/** Everything in the header is part of the key: nobody can weaken the cost of a file and have it open. */
async function deriveKey(crypto: Crypto, passphrase: string, header: Uint8Array): Promise<Uint8Array> {
  const { salt, memoryKib, passes } = headerCodec.decode(header)
  const secret = await crypto.argon2id(utf8(passphrase.normalize('NFC')), salt, { memoryKib, passes })
  const key = crypto.blake2b(32, concatBytes(utf8(labels.archive), header), secret)
  wipe(secret)
  return key
}

function checkHeader(header: Uint8Array): Uint8Array {
  const isOurs = header.length === HEADER_SIZE && new DataView(header.buffer, header.byteOffset).getUint32(0) === MAGIC
  if (!isOurs) throw new ArchiveError('not_an_archive')
  if (header[4] !== 1) throw new ArchiveError('newer_version')
  try {
    const { memoryKib, passes } = headerCodec.decode(header)
    const isBounded = memoryKib <= MOST.memoryKib && passes <= MOST.passes
    if (!isBounded || memoryKib < LEAST.memoryKib || passes < LEAST.passes) throw new ArchiveError('damaged')
    return header
  } catch (error) {
    if (error instanceof CodecError) throw new ArchiveError('damaged', { cause: error })
    throw error
  }
}

/** The key seals one file: number and end make every nonce of it unique. */
function nonceOf(number: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(24)
  const view = new DataView(nonce.buffer)
  view.setUint8(0, Number(isLast))
  view.setBigUint64(16, BigInt(number))
  return nonce
}

/** Cuts anew: one piece of `first` bytes, if told, then pieces of `size`; the last one may be shorter. */
async function* inPieces(source: AsyncIterable<Uint8Array>, size: number, first = size): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(first)
  let filled = 0
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + piece.length - filled)
      piece.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < piece.length) break
      yield piece
      piece = new Uint8Array(size)
      filled = 0
    }
  }
  if (filled > 0) yield piece.slice(0, filled)
}
