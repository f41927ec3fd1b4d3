/** What an error of the database means to the callers of the port. Imports nothing: the writer's thread starts quickly. */
import type { WriteFailure } from './write-operation.ts'

/** The file is not ours to write: it is newer, or belongs to another program. */
export class ForeignSchemaError extends Error {}

// Primary result codes, https://www.sqlite.org/rescode.html
const SQLITE_FULL = 13
// busy, locked, out of memory, read-only, I/O error, corrupt, cannot open, not a database
const DISK_FAULTS: readonly number[] = [5, 6, 7, 8, 10, 11, 14, 26]

export function failureOf(error: unknown): WriteFailure {
  const detail = error instanceof Error ? error.message : String(error)
  if (error instanceof ForeignSchemaError) return { code: 'schema', detail }
  return { code: primaryCode(error) === SQLITE_FULL ? 'full' : 'io', detail }
}

/** The disk itself refuses, so that trying the writes of a group one by one is no use. */
export function isDiskFault(error: unknown): boolean {
  const code = primaryCode(error)
  return code !== undefined && DISK_FAULTS.includes(code)
}

function primaryCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
