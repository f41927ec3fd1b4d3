/** What an error of the database means to the callers of the port. Imports types alone: the writer's thread starts quickly. */
import type { NodeStoreError } from '../storage/node-store-error.ts'
import type { WriteFailure } from './write-operation.ts'

/** The file is not ours to write: it is newer, or belongs to another program. */
export class ForeignSchemaError extends Error {}

/** A limit is reached. Thrown before anything is changed. */
export class NoRoomError extends Error {
  readonly limit: 'full' | 'owner_full'
  constructor(limit: NoRoomError['limit']) {
    super('a limit is reached')
    this.limit = limit
  }
}

/** A row that this storage would not write: without its content, which nobody shall read in an error. */
export class DamagedError extends Error {
  constructor() {
    super('a damaged row')
  }
}

type Code = NodeStoreError['code']

// Primary result codes, https://www.sqlite.org/rescode.html
const CODES: Readonly<Record<number, Code>> = {
  3: 'not_writable', // permission
  8: 'not_writable', // read-only
  11: 'damaged', // corrupt
  13: 'full',
  14: 'not_writable', // cannot open
  26: 'damaged', // not a database
}
/** Of the file system, when folder and file are made. */
const SYSTEM_CODES: Readonly<Record<string, Code>> = {
  EACCES: 'not_writable',
  EPERM: 'not_writable',
  EROFS: 'not_writable',
  ENOSPC: 'full',
  EDQUOT: 'full',
}
// busy, locked, out of memory, read-only, I/O error, corrupt, cannot open, not a database
const DISK_FAULTS: readonly number[] = [5, 6, 7, 8, 10, 11, 14, 26]

export function failureOf(error: unknown): WriteFailure {
  const detail = error instanceof Error ? error.message : String(error)
  return { code: codeOf(error), detail }
}

/** The disk itself refuses, so that trying the writes of a group one by one is no use. */
export function isDiskFault(error: unknown): boolean {
  const code = primaryCode(error)
  return code !== undefined && DISK_FAULTS.includes(code)
}

function codeOf(error: unknown): Code {
  if (error instanceof ForeignSchemaError) return 'schema'
  if (error instanceof NoRoomError) return error.limit
  if (error instanceof DamagedError) return 'damaged'
  const primary = primaryCode(error)
  if (primary !== undefined) return CODES[primary] ?? 'io'
  const system = error instanceof Error && 'code' in error ? String(error.code) : ''
  return SYSTEM_CODES[system] ?? 'io'
}

function primaryCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
