/**
 * Change records: signed requests of clients that changed an owner's storage. They are kept until they can no longer
 * matter, so that what was deleted stays deleted and what was revoked stays revoked, on every member. Imports types alone:
 * the writer's thread starts quickly.
 */
import { Buffer } from 'node:buffer'
import type { Brand, MessageHash, Namespace, Owner, RecordId, SubaccountToken, UnixMillis } from '@starling/protocol'
import type { ExpireMode, HashExpiry, StoredMessage } from './node-store.ts'
import { sortedTexts } from './sorted.ts'

/** A subaccount token as text, so that it can be a key: 72 lower-case hex digits, for 36 bytes. */
export type TokenText = Brand<string, 'TokenText'>

/** What a record does. It never touches a message that was stored after the record. */
export type Change =
  | { readonly kind: 'delete'; readonly hashes: readonly MessageHash[] }
  | {
      readonly kind: 'deleteAll'
      readonly namespace: Namespace | 'all'
      /** Only messages whose timestamp, which their sender gave, is not later than this. */
      readonly before?: UnixMillis
    }
  | Revocation
  | ExpiryChange

/** @see docs/protocol/replication.md §2 */
export type ExpiryChange =
  /** Each hash once. */
  | { readonly kind: 'expire'; readonly mode: ExpireMode; readonly expiries: readonly HashExpiry[] }
  /** Shortens. */
  | { readonly kind: 'expireAll'; readonly namespace: Namespace | 'all'; readonly expiry: UnixMillis }

type Revocation = { readonly kind: 'revoke' | 'unrevoke'; readonly tokens: readonly SubaccountToken[] }

export type ChangeRecord = {
  readonly id: RecordId
  readonly owner: Owner
  /** The clock of the member whom the client asked: all members have the same. */
  readonly at: UnixMillis
  readonly expiry: UnixMillis
  /** The client's request, encoded: the proof for other members. At most 1.5 MiB. */
  readonly request: Uint8Array
  readonly change: Change
}

const DAY = 86_400_000
/** Longer than any message can live, or be made to live by a change of expiry. */
const DELETION_LIFETIME = 31 * DAY
/** After it a revocation goes as soon as its owner has no messages. */
const REVOCATION_LIFETIME = 365 * DAY

/** Records that are counted together. */
export type RecordClass = 'deletion' | 'revocation' | 'expiry' | 'expiryOfAll'

const MEBIBYTE = 1024 * 1024
/** What is kept of one owner at most, `bytes` of requests; the oldest go first. */
export const RECORD_LIMITS: Readonly<Record<RecordClass, { readonly records: number; readonly bytes: number }>> = {
  deletion: { records: 10_000, bytes: 16 * MEBIBYTE },
  revocation: { records: 200, bytes: 16 * MEBIBYTE },
  expiry: { records: 10_000, bytes: 16 * MEBIBYTE },
  // Few: every one of them is looked at for each message that another member brings.
  expiryOfAll: { records: 200, bytes: MEBIBYTE },
}
/** Tokens of an owner that count as revoked: the newest. */
export const MAX_REVOKED_TOKENS = 50

/** The `expiry` of a record. */
export function changeExpiry(kind: Change['kind'], at: UnixMillis): UnixMillis {
  const lifetime = kind === 'revoke' || kind === 'unrevoke' ? REVOCATION_LIFETIME : DELETION_LIFETIME
  return (at + lifetime) as UnixMillis
}

export function recordClass({ kind }: Change): RecordClass {
  if (kind === 'delete' || kind === 'deleteAll') return 'deletion'
  if (kind === 'expire') return 'expiry'
  return kind === 'expireAll' ? 'expiryOfAll' : 'revocation'
}

export function isExpiryChange(change: Change): change is ExpiryChange {
  return change.kind === 'expire' || change.kind === 'expireAll'
}

/** Revocations and their withdrawals have bounds and a lifetime of their own. */
export function isRevocation(change: Change): change is Revocation {
  return change.kind === 'revoke' || change.kind === 'unrevoke'
}

export function tokenText(token: SubaccountToken): TokenText {
  return Buffer.from(token).toString('hex') as TokenText
}

/** Whether it deletes such a message, if that was not stored later. */
export function covers(change: Change, message: Pick<StoredMessage, 'hash' | 'namespace' | 'timestamp'>): boolean {
  if (change.kind === 'delete') return change.hashes.includes(message.hash)
  if (change.kind !== 'deleteAll') return false
  if (change.namespace !== 'all' && change.namespace !== message.namespace) return false
  return change.before === undefined || message.timestamp <= change.before
}

/** The time of the latest of an owner's records that covers the message; 0 if none does. */
export function latestDeletion(records: Iterable<ChangeRecord>, message: StoredMessage): number {
  let latest = 0
  for (const { at, change } of records) if (at > latest && covers(change, message)) latest = at
  return latest
}

/** What the revocations of an owner come to: the tokens that are revoked, the newest first, and since when. */
export function revokedTokensOf(
  records: Iterable<{ readonly at: UnixMillis; readonly change: Change }>,
): Map<TokenText, UnixMillis> {
  const latest = new Map<TokenText, { readonly at: UnixMillis; readonly kind: Revocation['kind'] }>()
  for (const { at, change } of records) {
    if (!isRevocation(change)) continue
    for (const text of change.tokens.map(tokenText)) {
      const held = latest.get(text)
      if (!held || at > held.at || (at === held.at && change.kind === 'revoke')) {
        latest.set(text, { at, kind: change.kind })
      }
    }
  }
  const revoked = sortedTexts(latest.keys()).filter((text) => latest.get(text)!.kind === 'revoke')
  const newest = revoked.toSorted((a, b) => latest.get(b)!.at - latest.get(a)!.at).slice(0, MAX_REVOKED_TOKENS)
  return new Map(newest.map((text) => [text, latest.get(text)!.at]))
}
