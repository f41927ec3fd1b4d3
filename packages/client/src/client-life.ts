/** What there is of a client between unlocking and locking: its store, its way to the network and its account, and all that runs. */
import type { NetworkFile } from '@starling/protocol'
import { type MutableObservable, TaskGroup } from '@starling/runtime'
import { AccountSession } from './account/account-session.ts'
import { getSettings } from './account/settings-record.ts'
import type { ConversationList, EventLog, NetworkView, SessionState, Settings } from './api.ts'
import type { ClientOptions } from './client-options.ts'
import { Network } from './network.ts'
import { listedIn } from './network-view.ts'
import type { SealedStore } from './store/sealed-store.ts'

export type Life = {
  /** Erasing the device gives another one. */
  store: SealedStore
  readonly tasks: TaskGroup
  readonly net: Network
  readonly account: AccountSession
  readonly stop: () => void
}

/** What faces see: it outlives lives. */
export type Published = {
  readonly session: MutableObservable<SessionState>
  readonly conversations: MutableObservable<ConversationList>
  readonly settings: MutableObservable<Settings>
  readonly events: MutableObservable<EventLog>
  readonly network: MutableObservable<NetworkView>
}

export type LifeOptions = {
  readonly ports: Omit<ClientOptions, 'store'>
  readonly store: SealedStore
  readonly published: Published
  /** One after the other with whatever else changes the account. */
  readonly inTurn: (fn: () => Promise<void>) => Promise<void>
}

/** Takes over the store. Nothing runs yet. */
export function createLife({ ports, store, published, inTurn }: LifeOptions): Life {
  const { logger, networkKind: kind, canReach = () => true } = ports
  const { session, conversations, events, settings } = published
  const onFailure = (task: string, error: unknown) => logger.error('client.task_failed', { task, code: codeOf(error) })
  const tasks = new TaskGroup({ onFailure })
  const net = new Network({ ...ports, kind, canReach: (node) => canReach(node.descriptor), tasks }, store)
  const stop = net.view.subscribe((view) => published.network.set(view))
  const account = new AccountSession({
    ...{ ports, net, tasks, session, conversations, events, inTurn },
    store: () => life.store,
    settings: () => settings.snapshot,
  })
  const life: Life = { store, tasks, net, account, stop }
  return life
}

/** Loads what the store has, and starts. */
export async function startLife({ store, net, account }: Life, { settings }: Published): Promise<void> {
  settings.set(await getSettings(store))
  await net.load()
  net.start()
  await account.load()
}

/** The account first, since its work needs the rest. */
export async function endLife({ account, stop, tasks }: Life): Promise<void> {
  await account[Symbol.asyncDispose]()
  stop()
  await tasks[Symbol.asyncDispose]()
}

export function viewBefore(network: NetworkFile): NetworkView {
  return { connection: { kind: 'connecting' }, networkName: network.name, swarm: [], ...listedIn(network) }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
