/** Change records as columns. Imports types alone: the writer's thread starts quickly. */
import { Buffer } from 'node:buffer'
import type { SubaccountToken, UnixMillis } from '@starling/protocol'
import type { Change } from '../storage/change-record.ts'
import { hashBytes, hashText } from './key-bytes.ts'

/** Never given to something else: they are in files. */
export const KINDS = { delete: 0, deleteAll: 1, revoke: 2, unrevoke: 3 } as const
/** Of the kinds, the first that is a revocation or its withdrawal. */
export const FIRST_REVOCATION = KINDS.revoke
const HASH_BYTES = 32
const TOKEN_BYTES = 36

type ChangeColumns = {
  readonly kind: number
  readonly namespace: number | null
  readonly before: number | null
  readonly names: Uint8Array
}

export function changeColumns(change: Change): ChangeColumns {
  const kind = KINDS[change.kind]
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
    default:
      return undefined
  }
}

function split(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, index) => bytes.slice(index * size, (index + 1) * size))
}
