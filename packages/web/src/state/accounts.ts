/** The accounts on this device: each has a database of its own, and one of them is open. */
import type { AccountId, AccountView } from '@starling/client'
import { createStore, type Snapshots } from './store.ts'

/** Names the database of an account, and nothing else: never the account. */
export type AccountSlot = string

/** An account with a passphrase is listed without name and ID: those are written here in clear. */
export type KnownAccount = { readonly slot: AccountSlot; readonly accountId?: AccountId; readonly name?: string }

export type AccountsState = {
  readonly open: AccountSlot
  /** In the order in which they came. The open one is missing until it has an account. */
  readonly known: readonly KnownAccount[]
}

export interface AccountsModel extends Snapshots<AccountsState> {
  /** The open slot has this account. `isLocked`: a passphrase protects it, so that it is listed without its name. */
  remember(account: AccountView, isLocked: boolean): void
  open(slot: AccountSlot): void
  /** Opens a slot that has no account yet. False: there are as many as there can be. */
  add(): boolean
  /** The open account was removed from this device: the next one is opened, if there is one. */
  forgetOpen(): void
  /** Reads what another tab did. What is open here stays open, unless that account is gone. */
  reload(): void
}

type Keep = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined

/** The database of the first account: as long as there is but one, there is nothing to remember. */
export const FIRST_SLOT: AccountSlot = 'starling'
export const MOST_ACCOUNTS = 16
const STORAGE_KEY = 'starling.accounts'
const LONGEST_NAME = 200

export function createAccounts(storage: Keep): AccountsModel {
  const store = createStore(read(storage))
  let isKept = storage !== undefined
  const change = (next: AccountsState): void => {
    if (JSON.stringify(next) === JSON.stringify(store.snapshot)) return
    try {
      // A device that was erased keeps nothing.
      if (next.known.length === 0 && next.open === FIRST_SLOT) storage?.removeItem(STORAGE_KEY)
      else storage?.setItem(STORAGE_KEY, JSON.stringify(next))
      isKept = storage !== undefined
    } catch {
      isKept = false
      // A full or forbidden storage: it holds until the page is closed. The databases are where they were.
    }
    store.set(next)
  }
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    remember({ accountId, displayName }, isLocked) {
      const { open, known } = store.snapshot
      const entry: KnownAccount = isLocked ? { slot: open } : { slot: open, accountId, name: displayName }
      const isKnown = known.some(({ slot }) => slot === open)
      change({ open, known: isKnown ? known.map((each) => (each.slot === open ? entry : each)) : [...known, entry] })
    },
    open(slot) {
      const { open, known } = store.snapshot
      if (slot !== open && known.some((each) => each.slot === slot)) change({ open: slot, known })
    },
    add() {
      const { known } = store.snapshot
      const free = freeSlot(known)
      if (free === undefined) return false
      change({ open: free, known })
      return true
    },
    forgetOpen() {
      const { open, known } = store.snapshot
      const others = known.filter(({ slot }) => slot !== open)
      change({ open: others[0]?.slot ?? FIRST_SLOT, known: others })
    },
    reload() {
      if (!isKept) return
      const { open, known } = store.snapshot
      const has = (list: readonly KnownAccount[]): boolean => list.some(({ slot }) => slot === open)
      const next = read(storage)
      store.set(has(known) && !has(next.known) ? next : { open, known: next.known })
    },
  }
}

function freeSlot(known: readonly KnownAccount[]): AccountSlot | undefined {
  const taken = new Set(known.map(({ slot }) => slot))
  return Array.from({ length: MOST_ACCOUNTS }, (_, index) => slotAt(index)).find((slot) => !taken.has(slot))
}

function slotAt(index: number): AccountSlot {
  return index === 0 ? FIRST_SLOT : `${FIRST_SLOT}-${index + 1}`
}

/** What is stored may be damaged, or changed by hand: what makes no sense is left out, and a database of no name of ours is never opened. */
function read(storage: Keep): AccountsState {
  const nothing: AccountsState = { open: FIRST_SLOT, known: [] }
  try {
    const value: unknown = JSON.parse(storage?.getItem(STORAGE_KEY) ?? 'null')
    if (!isObject(value) || !isSlot(value['open']) || !Array.isArray(value['known'])) return nothing
    const known = value['known'].flatMap(readKnown).slice(0, MOST_ACCOUNTS)
    return {
      open: value['open'],
      known: known.filter(({ slot }, at) => known.findIndex((k) => k.slot === slot) === at),
    }
  } catch {
    // No storage, or no JSON: the first account is where it always was.
    return nothing
  }
}

function readKnown(value: unknown): KnownAccount[] {
  if (!isObject(value) || !isSlot(value['slot'])) return []
  const { slot, accountId, name } = value
  const isWhole = typeof name === 'string' && name.length <= LONGEST_NAME && /^05[0-9a-f]{64}$/.test(String(accountId))
  return [isWhole ? { slot, accountId: accountId as AccountId, name } : { slot }]
}

function isSlot(value: unknown): value is AccountSlot {
  return Array.from({ length: MOST_ACCOUNTS }, (_, index) => slotAt(index)).some((slot) => slot === value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
