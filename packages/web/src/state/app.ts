/** The whole app's state: which account is open in this tab, and the client behind its worker. */
import type { Client } from '@starling/client'
import type { AccountSlot, AccountsModel } from './accounts.ts'
import { createStore, type Snapshots } from './store.ts'

export type AppState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly client: Client }
  | { readonly kind: 'broken'; readonly code: string }

export type AppModel = Snapshots<AppState>

/** A client that runs apart from the page, and the way to end it. */
export type RunningClient = { readonly client: Client; stop(): Promise<void> }

export type AppPorts = {
  /** Starts the worker on the database of an account. `onBroken` is told if it cannot open the client or ends by itself. */
  readonly startClient: (slot: AccountSlot, onBroken: (code: string) => void) => RunningClient
  readonly accounts: Pick<AccountsModel, 'snapshot' | 'subscribe'>
}

/** Invariant: the client is that of the account that is open; the one before has ended. */
export function createApp({ startClient, accounts }: AppPorts): AppModel {
  const store = createStore<AppState>({ kind: 'starting' })
  let slot: AccountSlot
  let running: RunningClient | undefined

  const start = (): void => {
    slot = accounts.snapshot.open
    const started = startClient(slot, (code) => {
      if (running === started) store.set({ kind: 'broken', code })
    })
    running = started
    store.set({ kind: 'running', client: started.client })
  }
  const changeAccount = async (): Promise<void> => {
    const stopping = running
    // Without one it is being ended already, and the account that is open then is started.
    if (stopping === undefined || accounts.snapshot.open === slot) return
    running = undefined
    store.set({ kind: 'starting' })
    await stopping.stop()
    start()
  }

  start()
  accounts.subscribe(() => void changeAccount())
  return store
}
