/**
 * When a new version takes over. Invariants: never while somebody composes; no page is loaded anew unless a new service
 * worker took over; whoever declines goes on with the old version, which stays complete.
 */
import { createStore, type Snapshots } from '../state/store.ts'

export type UpdateState =
  | { readonly kind: 'none' }
  /** It is here, whole and checked. `version` as people read it, if the new one tells it. */
  | { readonly kind: 'ready'; readonly version: string | undefined }
  /** Accepted, or another tab did; it is done as soon as nobody composes. */
  | { readonly kind: 'waiting'; readonly version: string | undefined }

export interface UpdateModel extends Snapshots<UpdateState> {
  /** The person wants it now. */
  accept(): void
}

export type UpdatePorts = {
  readonly composing: Snapshots<boolean>
  /** Whether the page is out of sight. */
  readonly hidden: Snapshots<boolean>
  /** Asks the new worker to take over. */
  readonly activate: () => void
  readonly reload: () => void
  /** Calls `run` after a while; returns what calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void
}

/** A page that has been out of sight for so long is loaded anew without asking. */
const HIDDEN_MS = 60_000

export type UpdateEvents = {
  /** A new version waits. `atStart`: it did so before the page was there, so nothing can be lost. */
  found(version: string | undefined, options: { readonly atStart: boolean }): void
  /** A new version took over, because this or another tab asked for it. */
  tookOver(): void
}

export function createUpdates(ports: UpdatePorts): { readonly model: UpdateModel; readonly events: UpdateEvents } {
  const store = createStore<UpdateState>({ kind: 'none' })
  let isTakenOver = false
  let isAsked = false
  let callOff: (() => void) | undefined

  const version = () => (store.snapshot.kind === 'none' ? undefined : store.snapshot.version)
  const proceed = (): void => {
    if (store.snapshot.kind !== 'waiting' || ports.composing.snapshot) return
    if (isTakenOver) ports.reload()
    else if (!isAsked) {
      isAsked = true
      ports.activate()
    }
  }
  const accept = (): void => {
    if (store.snapshot.kind !== 'ready') return
    store.set({ kind: 'waiting', version: version() })
    proceed()
  }
  const watchSight = (): void => {
    callOff?.()
    callOff = undefined
    if (!ports.hidden.snapshot || store.snapshot.kind !== 'ready') return
    callOff = ports.schedule(() => ports.hidden.snapshot && !ports.composing.snapshot && accept(), HIDDEN_MS)
  }
  ports.composing.subscribe(proceed)
  ports.hidden.subscribe(watchSight)

  return {
    model: {
      get snapshot() {
        return store.snapshot
      },
      subscribe: store.subscribe,
      accept,
    },
    events: {
      found(found, { atStart }) {
        if (store.snapshot.kind === 'waiting') return
        store.set({ kind: 'ready', version: found })
        if (atStart && !ports.composing.snapshot) accept()
        else watchSight()
      },
      tookOver() {
        isTakenOver = true
        store.set({ kind: 'waiting', version: version() })
        proceed()
      },
    },
  }
}
