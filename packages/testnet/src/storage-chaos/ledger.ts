/**
 * What was promised to the owners of accounts: the answers of members, kept by the test as a client would understand them.
 * Where an answer was lost, or two members' clocks may disagree about the order, everything is allowed: `maybe`.
 */
import { type MessageHash, millis } from '@starling/protocol'

/** So far are the clocks of nodes off at most, either way. */
export const CLOCK_OFFSET = millis(4_000)
/** Two times whose order is sure are so far apart: members' clocks, and some seconds that a request takes. */
const UNSURE = 2 * CLOCK_OFFSET + 6_000

export type Promised = 'stored' | 'deleted' | 'maybe'

export type Entry = {
  readonly hash: MessageHash
  readonly namespace: number
  readonly text: string
  state: Promised
  /** True time of the last request that concerned it. */
  touchedAt: number
}

/** Of one account. */
export class Ledger {
  readonly entries = new Map<MessageHash, Entry>()
  /** Namespaces that were emptied, `all` for all of them, and when. */
  readonly #emptied: { readonly namespace: number | 'all'; readonly at: number }[] = []
  #revoked: { isRevoked: boolean; isSure: boolean; at: number } = { isRevoked: false, isSure: true, at: -Infinity }

  /** Surely revoked, surely not, or nobody knows. */
  get revoked(): boolean | undefined {
    return this.#revoked.isSure ? this.#revoked.isRevoked : undefined
  }

  noteStore(entry: Omit<Entry, 'state' | 'touchedAt'>, isAcknowledged: boolean, now: number): void {
    const known = this.entries.get(entry.hash)
    const isDisputed = this.#isDisputed(entry.namespace, now) || (known && isNear(known.touchedAt, now))
    const wasStored = known?.state === 'stored'
    // Stored again: what it was before does not matter, unless it was deleted just now by another clock.
    const state = wasStored || (isAcknowledged && !(isDisputed && known?.state !== 'stored')) ? 'stored' : 'maybe'
    this.entries.set(entry.hash, { ...entry, state, touchedAt: now })
  }

  /** A deletion of these, of which members said that they deleted `deleted`. */
  noteDeletion(hashes: readonly MessageHash[], deleted: ReadonlySet<MessageHash>, now: number): void {
    for (const hash of hashes) {
      const entry = this.entries.get(hash)
      if (entry) this.entries.set(hash, { ...entry, state: afterDeletion(entry, deleted, now), touchedAt: now })
    }
  }

  noteEmptied(namespace: number | 'all', deleted: ReadonlySet<MessageHash>, now: number): void {
    this.#emptied.push({ namespace, at: now })
    const concerned = [...this.entries.values()].filter((entry) => namespace === 'all' || entry.namespace === namespace)
    this.noteDeletion(
      concerned.map(({ hash }) => hash),
      deleted,
      now,
    )
  }

  noteRevocation(isRevoked: boolean, isAcknowledged: boolean, now: number): void {
    const isSame = this.#revoked.isSure && this.#revoked.isRevoked === isRevoked
    const isSure = isSame || (isAcknowledged && !isNear(this.#revoked.at, now))
    this.#revoked = { isRevoked, isSure, at: now }
  }

  #isDisputed(namespace: number, now: number): boolean {
    return this.#emptied.some(({ namespace: other, at }) => (other === 'all' || other === namespace) && isNear(at, now))
  }
}

/** What a member says it deleted is gone; what none found may come from one that was away, stored before or after. */
function afterDeletion({ state, hash, touchedAt }: Entry, deleted: ReadonlySet<MessageHash>, now: number): Promised {
  if (state === 'deleted') return 'deleted'
  return deleted.has(hash) && !isNear(touchedAt, now) ? 'deleted' : 'maybe'
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) < UNSURE
}
