/** Everything between the account and the wire: directory, guards, paths, time. Runs before there is an account, too. */
import {
  type AccountId,
  accountIdKey,
  type Crypto,
  hours,
  type Millis,
  minutes,
  type NetworkFile,
  type NodeEntry,
  type RandomBytes,
  seconds,
  type UnixMillis,
} from '@starling/protocol'
import { backoff, type Clock, type Logger, MutableObservable, type Observable, type TaskGroup } from '@starling/runtime'
import * as z from 'zod/mini'
import type { NetworkView } from './api.ts'
import type { Directory } from './directory/directory.ts'
import { DirectoryKeeper } from './directory/directory-keeper.ts'
import type { InboxProgress } from './messages/inbox.ts'
import { NetworkTime } from './network-time.ts'
import { networkView } from './network-view.ts'
import { GuardLinks } from './paths/guard-links.ts'
import { NodeHealth } from './paths/node-health.ts'
import { Paths } from './paths/paths.ts'
import { ServerRequests } from './paths/server-requests.ts'
import { NodeListKeeper } from './storage-servers/node-list-keeper.ts'
import { jsonRecord, Singleton } from './store/json-record.ts'
import type { SealedStore } from './store/sealed-store.ts'
import { StoreError } from './store/store-error.ts'
import { TABLES } from './store/tables.ts'
import { SwarmRequests } from './swarm/swarm-requests.ts'
import type { Transport } from './transport/transport.ts'
import { until } from './until.ts'
import { WakeUp } from './wake-up.ts'

/** Clocks drift by seconds a day. */
const MEASURE_INTERVAL = hours(6)
/** When too few answered, or did not agree. */
const MEASURE_RETRY_BASE = seconds(10)
const MEASURE_RETRY_LIMIT = minutes(30)
/** A smaller change of the offset is not worth a write. */
const OFFSET_STEP = 1000

const offsetRecord = new Singleton({ table: TABLES.singletons, partition: 'clock' }, jsonRecord(z.number()))

export type NetworkOptions = {
  readonly network: NetworkFile
  readonly clock: Clock
  readonly random: RandomBytes
  readonly crypto: Crypto
  readonly logger: Logger
  readonly transport: Transport
  /** Whether the platform can reach a node at all. */
  readonly canReach: (node: NodeEntry) => boolean
  readonly tasks: TaskGroup
  /** Native unless told. */
  readonly kind?: 'native' | 'compatible' | undefined
}

export class Network {
  readonly time: NetworkTime
  readonly directory: Directory
  readonly guards: GuardLinks
  readonly paths: Paths
  /** To servers outside the network. */
  readonly servers: ServerRequests
  readonly requests: SwarmRequests
  readonly #options: NetworkOptions
  readonly #health: NodeHealth
  readonly #measureSoon: WakeUp
  #store: SealedStore
  readonly #view: MutableObservable<NetworkView>
  #account: AccountId | undefined
  #progress: InboxProgress = { kind: 'upToDate' }
  #connectedSince: UnixMillis | undefined
  #lastContact: UnixMillis | undefined

  constructor(options: NetworkOptions, store: SealedStore) {
    this.#options = options
    const { clock, tasks, logger, transport, canReach, kind = 'native' } = options
    this.#store = store
    this.#measureSoon = new WakeUp(clock)
    const onOldDirectory = () => this.directory.refreshSoon()
    this.time = new NetworkTime(clock, { onJump: () => this.#measureSoon.wake() })
    this.#health = new NodeHealth(clock)
    this.directory = kind === 'native' ? this.#signedDirectory(store) : this.#listedDirectory(store)
    const { view } = this.directory
    const ownSwarm = () => this.#ownSwarm()?.id
    const shared = { ...options, view, health: this.#health, onOldDirectory, time: this.time, lifetime: tasks.signal }
    this.guards = new GuardLinks({ ...shared, logger: logger.child('guards'), transport, ownSwarm, canReach }, store)
    this.paths = new Paths({ ...shared, logger: logger.child('paths'), guards: this.guards })
    this.servers = new ServerRequests({ ...shared, guards: this.guards })
    this.requests = new SwarmRequests({ ...shared, paths: this.paths, kind })
    this.#view = new MutableObservable(this.#now())
  }

  get view(): Observable<NetworkView> {
    return this.#view
  }

  get isConnected(): boolean {
    return this.paths.isConnected
  }

  #signedDirectory(store: SealedStore): Directory {
    const { logger } = this.#options
    const links = () => this.guards.links.snapshot.map(({ link }) => link)
    return new DirectoryKeeper({ ...this.#options, logger: logger.child('directory'), time: this.time, links }, store)
  }

  #listedDirectory(store: SealedStore): Directory {
    const { logger, network } = this.#options
    return new NodeListKeeper(
      {
        ...this.#options,
        logger: logger.child('directory'),
        time: this.time,
        seeds: network.bootstrap,
        isConnected: () => this.isConnected,
        ask: (node, request, signal) => this.requests.askNode(node, request, { signal }),
      },
      store,
    )
  }

  async load(): Promise<void> {
    const offset = await offsetRecord.get(this.#store)
    if (offset !== undefined) this.time.restore(offset)
    await this.directory.load()
    await this.guards.load()
  }

  /** The erased store was opened anew. */
  async moveTo(store: SealedStore): Promise<void> {
    this.#store = store
    await this.directory.moveTo(store)
    await this.guards.moveTo(store)
  }

  start(): void {
    const { tasks } = this.#options
    this.#publishOnChange()
    tasks.run('directory', (signal) => this.directory.run(signal))
    tasks.run('guards', (signal) => this.guards.run(signal))
    tasks.run('paths', (signal) => this.paths.run(signal))
    tasks.run('time', (signal) => this.#measureWhenConnected(signal))
  }

  /** Whose swarm is shown, and kept apart from the guards. */
  setAccount(account: AccountId | undefined): void {
    this.#account = account
    this.guards.ownSwarmChanged()
    this.#publish()
  }

  /** How far the inbox is. */
  setProgress(progress: InboxProgress): void {
    this.#progress = progress
    this.#publish()
  }

  /** Each time that the network came back or our clock jumped, and now and then: what it did meanwhile is unknown. */
  async #measureWhenConnected(signal: AbortSignal): Promise<void> {
    const { links } = this.guards
    const stop = links.subscribe((up) => {
      if (up.length === 0) this.#measureSoon.wake()
    })
    let failures = 0
    try {
      while (!signal.aborted) {
        await until(links, (up) => up.length > 0, signal)
        await this.requests.measureTime()
        await this.#keepOffset()
        failures = this.time.isAgreed ? 0 : failures + 1
        await this.#measureSoon.sleep(this.#pauseAfter(failures), signal)
      }
    } finally {
      stop()
    }
  }

  #pauseAfter(failures: number): Millis {
    if (failures === 0) return MEASURE_INTERVAL
    const { random } = this.#options
    return backoff({ attempt: failures - 1, base: MEASURE_RETRY_BASE, limit: MEASURE_RETRY_LIMIT, random })
  }

  async #keepOffset(): Promise<void> {
    const { offset, isMeasured } = this.time
    try {
      const before = (await offsetRecord.get(this.#store)) ?? 0
      if (!isMeasured || Math.abs(offset - before) < OFFSET_STEP) return
      await this.#store.write([offsetRecord.put(offset)])
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.#options.logger.warn('time.not_kept', { code: error.code })
    }
  }

  #publishOnChange(): void {
    const { clock, tasks, transport } = this.#options
    const publish = () => this.#publish()
    const stops = [
      this.guards.links.subscribe((links) => {
        if (links.length > 0) this.#connectedSince ??= clock.now()
        else if (this.#connectedSince !== undefined) {
          this.#connectedSince = undefined
          this.#lastContact = clock.now()
        }
        // Asked through the new link: the one that bootstrap gave may be old.
        publish()
      }),
      ...[this.directory.view, this.directory.problem, this.guards.hasFailed, this.paths.inUse, this.time.skew].map(
        (observable: Observable<unknown>) => observable.subscribe(publish),
      ),
      transport.onNetworkChange(publish),
      // Perhaps the nodes that we know are not there any more.
      this.guards.hasFailed.subscribe((hasFailed) => {
        if (hasFailed) this.directory.refreshSoon()
      }),
    ]
    tasks.signal.addEventListener('abort', () => {
      for (const stop of stops) stop()
    })
  }

  #publish(): void {
    const next = this.#now()
    // Most answers change nothing that is shown.
    if (JSON.stringify(next) !== JSON.stringify(this.#view.snapshot)) this.#view.set(next)
  }

  #now(): NetworkView {
    const { network, transport } = this.#options
    const clockSkew: Millis | undefined = this.time.skew.snapshot
    return networkView({
      network,
      offline: transport.offline,
      hasFailed: this.guards.hasFailed.snapshot,
      problem: this.directory.problem.snapshot,
      document: this.directory.view.snapshot?.document,
      isStale: this.directory.isStale,
      connectedSince: this.#connectedSince,
      lastContact: this.#lastContact,
      path: this.paths.inUse.snapshot,
      swarm: this.#ownSwarm()?.members ?? [],
      isAnswering: (node) => this.#health.isAnswering(node),
      clockSkew,
      progress: this.#progress,
    })
  }

  #ownSwarm() {
    const account = this.#account
    return account && this.directory.view.snapshot?.swarmOf(accountIdKey(account))
  }
}
