/** What stands in an archive: one JSON value on each line. docs/protocol/archive.md §3. */
import { fromUtf8, utf8 } from '@starling/protocol'
import * as z from 'zod/mini'
import { ArchiveError } from './archive-error.ts'

/** Records are as the store has them; their own versions are in them. */
export type ArchiveLine =
  | { readonly kind: 'archive'; readonly madeAt: number }
  | { readonly kind: 'account'; readonly record: unknown }
  | { readonly kind: 'settings'; readonly record: unknown }
  | { readonly kind: 'config'; readonly name: string; readonly state: string }
  | { readonly kind: 'conversation'; readonly record: unknown }
  | { readonly kind: 'message'; readonly conversation: string; readonly record: unknown }
  | { readonly kind: 'end'; readonly conversations: number; readonly messages: number }
  /** Of a later version, which this one does without. */
  | { readonly kind: 'unknown' }

/** Bytes of a line. A message has 2,000 characters, a config object 76 kB. */
const MAX_LINE = 4_194_304
const FEED = 0x0a

const lineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('archive'), madeAt: z.number() }),
  z.object({ kind: z.literal('account'), record: z.unknown() }),
  z.object({ kind: z.literal('settings'), record: z.unknown() }),
  z.object({ kind: z.literal('config'), name: z.string(), state: z.string() }),
  z.object({ kind: z.literal('conversation'), record: z.unknown() }),
  z.object({ kind: z.literal('message'), conversation: z.string(), record: z.unknown() }),
  z.object({ kind: z.literal('end'), conversations: z.int(), messages: z.int() }),
])
const anyLine = z.object({ kind: z.string() })
const KINDS: readonly string[] = ['archive', 'account', 'settings', 'config', 'conversation', 'message', 'end']

export async function* encodeLines(lines: AsyncIterable<ArchiveLine>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield utf8(`${JSON.stringify(line)}\n`)
}

/** @throws {ArchiveError} `damaged`: a line that is none, or one that is too long */
export async function* decodeLines(content: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveLine> {
  let rest: Uint8Array[] = []
  let size = 0
  for await (const piece of content) {
    let from = 0
    for (let end = piece.indexOf(FEED); end >= 0; end = piece.indexOf(FEED, from)) {
      const line = joined([...rest, piece.subarray(from, end)])
      rest = []
      size = 0
      from = end + 1
      if (line.length > 0) yield parseLine(line)
    }
    rest.push(piece.slice(from))
    size += piece.length - from
    if (size > MAX_LINE) throw new ArchiveError('damaged')
  }
  if (size > 0) throw new ArchiveError('damaged')
}

function parseLine(bytes: Uint8Array): ArchiveLine {
  let value: unknown
  try {
    value = JSON.parse(fromUtf8(bytes))
  } catch (error) {
    throw new ArchiveError('damaged', { cause: error })
  }
  const line = lineSchema.safeParse(value)
  if (line.success) return line.data
  const other = anyLine.safeParse(value)
  if (other.success && !KINDS.includes(other.data.kind)) return { kind: 'unknown' }
  throw new ArchiveError('damaged')
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
