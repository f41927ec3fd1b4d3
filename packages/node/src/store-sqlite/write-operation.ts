/** What the main thread and the writer's thread tell each other: plain values only, for they are copied between threads. */
import type { MessageHash, NodeId, Owner, RecordId, UnixMillis } from '@starling/protocol'
import type { ChangeRecord } from '../storage/change-record.ts'
import type { ChangeOutcome, NewHint, PutOrigin, PutOutcome, StoredMessage } from '../storage/node-store.ts'
import type { NodeStoreError } from '../storage/node-store-error.ts'

export type WriteOperation =
  | { readonly kind: 'put'; readonly message: StoredMessage; readonly origin: PutOrigin }
  | { readonly kind: 'apply'; readonly record: ChangeRecord }
  | {
      readonly kind: 'forget'
      readonly owner: Owner
      readonly hashes: readonly MessageHash[]
      readonly records: readonly RecordId[]
    }
  | { readonly kind: 'delete'; readonly owner: Owner; readonly hashes: readonly MessageHash[] }
  | { readonly kind: 'deleteExpired'; readonly now: UnixMillis; readonly limit: number }
  | { readonly kind: 'addHints'; readonly hints: readonly NewHint[] }
  | { readonly kind: 'settleHints'; readonly ids: readonly number[] }
  | { readonly kind: 'postponeHints'; readonly ids: readonly number[]; readonly until: UnixMillis }
  | { readonly kind: 'dropHintsOf'; readonly member: NodeId }
  | { readonly kind: 'setValue'; readonly key: string; readonly value: Uint8Array }

export type WriteResults = {
  put: PutOutcome
  apply: ChangeOutcome
  forget: undefined
  delete: readonly MessageHash[]
  deleteExpired: number
  addHints: undefined
  settleHints: undefined
  postponeHints: undefined
  dropHintsOf: undefined
  setValue: undefined
}

export type WriteResult = WriteResults[keyof WriteResults]

/** Rows that there are, as of the last commit. */
export type RowCounts = { readonly messages: number; readonly records: number; readonly hints: number }

/** `detail` is the database's own words: never content. */
export type WriteFailure = { readonly code: NodeStoreError['code']; readonly detail: string }

export type WriteReply = { readonly id: number } & (
  | { readonly result: WriteResult }
  | { readonly failure: WriteFailure }
)

export type WriteRequest = { readonly id: number; readonly operation: WriteOperation }

export type ToWriter =
  | { readonly kind: 'write'; readonly requests: readonly WriteRequest[] }
  | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'opened'; readonly counts: RowCounts }
  | { readonly kind: 'refused'; readonly failure: WriteFailure }
  | {
      readonly kind: 'done'
      readonly replies: readonly WriteReply[]
      readonly counts: RowCounts
      /** Of the transaction with its fsync. */
      readonly milliseconds: number
    }

export type WriterOptions = {
  readonly path: string
  readonly maxBytes: number
  readonly maxOwnerBytes: number
  readonly maxOwnerMessages: number
  /** Of the disk, left free. */
  readonly reserveBytes: number
  readonly groupDelay: number
}
