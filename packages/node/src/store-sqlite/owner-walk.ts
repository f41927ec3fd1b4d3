/** Goes through much of an owner's, who may have a million messages, without keeping other writes waiting. */
import type { Namespace, Owner } from '@starling/protocol'
import type { WriteContext } from './message-writes.ts'
import type { OwnerEntry } from './owner-table.ts'

/** Milliseconds of one transaction that a walk takes at most, about, and after how many messages it looks. */
const SLICE = 5
const PAGE = 100
/** The same of a list: a shorter one is gone through at once. */
export const STEP = 16
/** However quickly it goes: of a list, or of an owner's messages, in one transaction. */
const MOST = 1000

type WalkedRow = {
  readonly id: number
  readonly namespace: Namespace
  readonly hash: Uint8Array
  readonly timestamp: number
  readonly expiry: number
  readonly given: number
  readonly storedAt: number
}

/** Yields when others are to have a transaction; then it goes on where it was, whatever they did. */
export type Walk<T> = Generator<undefined, T>

/** What `visit` knows of owners and rows may have changed since the last item. */
export function* inSlices<T>(items: readonly T[], visit: (item: T) => void): Walk<undefined> {
  let start = performance.now()
  for (const [index, item] of items.entries()) {
    visit(item)
    const isFull = index % MOST === MOST - 1
    if (!isFull && (index % STEP !== STEP - 1 || performance.now() - start < SLICE)) continue
    yield
    start = performance.now()
  }
}

export function createOwnerWalk({ db, owners }: Pick<WriteContext, 'db' | 'owners'>) {
  const page =
    db.prepare(`SELECT p.namespace, m.id, m.hash, m.timestamp, m.expiry, COALESCE(m.given, m.expiry) AS given,
    m.stored_at AS storedAt FROM places p JOIN messages m ON m.id = p.message
    WHERE p.owner = ? AND (p.namespace, p.message) > (?, ?) ORDER BY p.namespace, p.message LIMIT ${PAGE}`)

  return function* walk(
    owner: Owner,
    namespace: Namespace | 'all',
    visit: (entry: OwnerEntry, row: WalkedRow) => void,
  ): Walk<undefined> {
    let last = { namespace: namespace === 'all' ? -32_769 : namespace, id: 0 }
    for (let start = performance.now(), seen = 0; ; ) {
      const entry = owners.find(owner) // again and again: it may have gone, and come back with another number
      const rows = entry ? (page.all(entry.id, last.namespace, last.id) as WalkedRow[]) : []
      for (const row of rows) {
        if (namespace !== 'all' && row.namespace !== namespace) return undefined
        visit(entry!, row)
      }
      if (rows.length < PAGE) return undefined
      last = rows.at(-1)!
      seen += rows.length
      if (seen < MOST && performance.now() - start < SLICE) continue
      yield
      start = performance.now()
      seen = 0
    }
  }
}
