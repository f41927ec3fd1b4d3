/** Change records as columns. Imports types alone: the writer's thread starts quickly. */
import { Buffer } from 'node:buffer'
import type { SubaccountToken, UnixMillis } from '@starling/protocol'
import { ITEM_ID_BYTES } from '../storage/buckets.ts'
import type { Change, RecordClass } from '../storage/change-record.ts'
import type { HashExpiry } from '../storage/node-store.ts'
import { hashBytes, hashText } from './key-bytes.ts'

/** Never given to something else: they are in files. `set`, `shorten` and `extend`: an `expire` of that mode. */
export const KINDS = {
  delete: 0,
  deleteAll: 1,
  revoke: 2,
  unrevoke: 3,
  set: 4,
  shorten: 5,
  extend: 6,
  expireAll: 7,
} as const
/** The kinds of each class, for SQL. */
export const CLASS_KINDS: Readonly<Record<RecordClass, string>> = {
  deletion: `(${KINDS.delete}, ${KINDS.deleteAll})`,
  revocation: `(${KINDS.revoke}, ${KINDS.unrevoke})`,
  expiry: `(${KINDS.set}, ${KINDS.shorten}, ${KINDS.extend})`,
  expiryOfAll: `(${KINDS.expireAll})`,
}
const HASH_BYTES = 32
const TOKEN_BYTES = 36
/** A hash and 8 bytes of its expiry. */
const EXPIRY_BYTES = HASH_BYTES + 8

type ChangeColumns = {
  readonly kind: number
  readonly namespace: number | null
  /** Of an `expireAll`: its expiry. */
  readonly before: number | null
  readonly names: Uint8Array
}

export function changeColumns(change: Change): ChangeColumns {
  const kind = change.kind === 'expire' ? KINDS[change.mode] : KINDS[change.kind]
  const nothing = { kind, namespace: null, before: null, names: new Uint8Array() }
  switch (change.kind) {
    case 'delete':
      return { ...nothing, names: Buffer.concat(change.hashes.map(hashBytes)) }
    case 'deleteAll':
      return {
        ...nothing,
        namespace: change.namespace === 'all' ? null : change.namespace,
        before: change.before ?? null,
      }
    case 'revoke':
    case 'unrevoke':
      return { ...nothing, names: Buffer.concat(change.tokens) }
    case 'expire':
      return { ...nothing, names: Buffer.concat(change.expiries.map(expiryBytes)) }
    case 'expireAll':
      return { ...nothing, namespace: change.namespace === 'all' ? null : change.namespace, before: change.expiry }
    default:
      return change satisfies never
  }
}

/** Nothing, if these columns were not written by `changeColumns`. */
export function changeOf({ kind, namespace, before, names }: ChangeColumns): Change | undefined {
  switch (kind) {
    case KINDS.delete:
      return names.length % HASH_BYTES === 0
        ? { kind: 'delete', hashes: split(names, HASH_BYTES).map(hashText) }
        : undefined
    case KINDS.deleteAll:
      return {
        kind: 'deleteAll',
        namespace: (namespace ?? 'all') as never,
        ...(before !== null && { before: before as UnixMillis }),
      }
    case KINDS.revoke:
    case KINDS.unrevoke:
      return names.length % TOKEN_BYTES === 0
        ? {
            kind: kind === KINDS.revoke ? 'revoke' : 'unrevoke',
            tokens: split(names, TOKEN_BYTES) as SubaccountToken[],
          }
        : undefined
    case KINDS.set:
    case KINDS.shorten:
    case KINDS.extend:
      return names.length % EXPIRY_BYTES === 0
        ? { kind: 'expire', mode: MODES[kind], expiries: split(names, EXPIRY_BYTES).map(hashExpiry) }
        : undefined
    case KINDS.expireAll:
      return before === null
        ? undefined
        : { kind: 'expireAll', namespace: (namespace ?? 'all') as never, expiry: before as UnixMillis }
    default:
      return undefined
  }
}

/** The first 16 bytes of each hash that a deletion or a change of expiry names. */
export function namedItems({ kind, names }: Pick<ChangeColumns, 'kind' | 'names'>): Uint8Array[] {
  if (kind !== KINDS.delete && !Object.hasOwn(MODES, kind)) return []
  const size = kind === KINDS.delete ? HASH_BYTES : EXPIRY_BYTES
  return Array.from({ length: names.length / size }, (_, index) =>
    names.subarray(size * index, size * index + ITEM_ID_BYTES),
  )
}

/** The modes of the kinds that an `expire` may be. */
export const MODES = { [KINDS.set]: 'set', [KINDS.shorten]: 'shorten', [KINDS.extend]: 'extend' } as const

function expiryBytes({ hash, expiry }: HashExpiry): Uint8Array {
  const bytes = Buffer.alloc(EXPIRY_BYTES)
  bytes.set(hashBytes(hash))
  bytes.writeBigUInt64BE(BigInt(expiry), HASH_BYTES)
  return bytes
}

function hashExpiry(bytes: Uint8Array): HashExpiry {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const expiry = Number(view.getBigUint64(HASH_BYTES)) as UnixMillis
  return { hash: hashText(bytes.subarray(0, HASH_BYTES)), expiry }
}

function split(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, index) => bytes.slice(index * size, (index + 1) * size))
}
