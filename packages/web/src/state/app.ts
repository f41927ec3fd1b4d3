/** The whole app's state: which tab holds the account, and the client behind its worker. */
import type { Client } from '@starling/client'
import type { Leadership, LeadershipModel, LeadershipPorts } from './leadership.ts'
import { createStore, type Snapshots } from './store.ts'

export type AppState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'running'; readonly client: Client }
  | { readonly kind: 'broken'; readonly code: string }

export interface AppModel extends Snapshots<AppState> {
  /** Takes the account from the other tab. */
  useHere(): Promise<void>
}

/** A client that runs apart from the page, and the way to end it. */
export type RunningClient = { readonly client: Client; stop(): Promise<void> }

export type AppPorts = {
  readonly lead: (release: LeadershipPorts['release']) => LeadershipModel
  /** Starts the worker. `onBroken` is told if it cannot open the client or ends by itself. */
  readonly startClient: (onBroken: (code: string) => void) => RunningClient
}

/** Invariant: a client runs only while this tab leads. */
export function createApp(ports: AppPorts): AppModel {
  const store = createStore<AppState>({ kind: 'starting' })
  let running: RunningClient | undefined

  const start = (): void => {
    const started = ports.startClient((code) => {
      if (running === started) store.set({ kind: 'broken', code })
    })
    running = started
    store.set({ kind: 'running', client: started.client })
  }
  const release = async (): Promise<void> => {
    const stopping = running
    running = undefined
    await stopping?.stop()
  }
  const follow = (leadership: Leadership): void => {
    if (leadership === 'leading') start()
    else store.set({ kind: leadership === 'elsewhere' ? 'elsewhere' : 'starting' })
  }

  const leadership = ports.lead(release)
  leadership.subscribe(follow)
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    useHere: () => leadership.take(),
  }
}
