/** A device of an account that does nothing but keep its config objects in step. */
import { type AccountKeys, type AccountSeed, deriveAccountKeys, millis, NAMESPACES, seconds } from '@starling/protocol'
import { TaskGroup } from '@starling/runtime'
import type { ConfigChanges, ConfigWrites, SharedConfigs } from '../config/config-facade.ts'
import { ConfigSync } from '../config/config-sync.ts'
import { Cursors } from '../messages/cursors.ts'
import { Retrieval } from '../messages/retrieval.ts'
import { Network } from '../network.ts'
import { parseStoreKey } from '../store/key-vault.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { SealedStore } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { FakeDevice, FakeNetwork } from './fake-network.ts'

const WAIT = seconds(50)
const PAUSE = millis(500)

export class ConfigDevice implements AsyncDisposable {
  readonly keys: AccountKeys
  readonly configs: ConfigSync
  /** What other devices changed, as it was told. */
  readonly changes: ConfigChanges[] = []
  /** Does not get to act on changes until it crashes. */
  isStuck = false
  /** How often it cannot act on a change. */
  refusals = 0
  readonly network: Network
  readonly #store: SealedStore
  readonly #tasks: TaskGroup

  private constructor(net: FakeNetwork, device: FakeDevice, options: { seed: AccountSeed; store: SealedStore }) {
    const { crypto, random, log: logger, file: network } = net
    const { clock } = device
    this.#store = options.store
    this.#tasks = new TaskGroup({
      onFailure: (task, error) => {
        throw new Error(`${task} failed`, { cause: error })
      },
    })
    const shared = { network, clock, random, crypto, logger, store: this.#store }
    const ports = { ...shared, transport: device, canReach: () => true, tasks: this.#tasks }
    this.keys = deriveAccountKeys(crypto, options.seed)
    this.network = new Network(ports, this.#store)
    const { paths, requests, time } = this.network
    const onChange = async (changes: ConfigChanges) => {
      if (this.isStuck) await new Promise((resolve) => this.#tasks.signal.addEventListener('abort', resolve))
      this.#tasks.signal.throwIfAborted()
      if (this.refusals > 0) {
        this.refusals--
        throw new StoreError('io')
      }
      this.changes.push(changes)
    }
    this.configs = new ConfigSync({
      ...shared,
      keys: this.keys,
      requests,
      paths,
      time,
      decompress: undefined,
      onChange,
    })
  }

  /** The same device again goes on where it was. */
  static async open(net: FakeNetwork, device: FakeDevice, seed: AccountSeed): Promise<ConfigDevice> {
    const { crypto, random } = net
    const store = await SealedStore.open({
      store: new MemoryStore(device.disk),
      key: parseStoreKey(await device.vault.open()),
      crypto,
      random,
    })
    const opened = new ConfigDevice(net, device, { seed, store })
    await opened.#start(net, device)
    return opened
  }

  get shared(): SharedConfigs {
    return this.configs.shared
  }

  /** Makes an edit durable. */
  async write(writes: ConfigWrites): Promise<void> {
    await this.#store.write(writes)
  }

  /** A crash: what is not on the disk is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tasks[Symbol.asyncDispose]()
    await this.#store[Symbol.asyncDispose]()
  }

  async #start(net: FakeNetwork, device: FakeDevice): Promise<void> {
    await this.network.load()
    await this.configs.load()
    this.network.start()
    this.network.setAccount(this.keys.accountId)
    this.#tasks.run('configs', (signal) => this.configs.run(signal))
    this.#tasks.run('poll', (signal) => this.#poll(net, device, signal))
  }

  async #poll(net: FakeNetwork, device: FakeDevice, signal: AbortSignal): Promise<void> {
    const { paths, requests, time } = this.network
    const cursors = new Cursors(this.#store)
    const retrieval = new Retrieval({ crypto: net.crypto, keys: this.keys, cursors, requests, time })
    while (!signal.aborted) {
      await paths.connected(signal)
      const member = requests.membersOf(this.keys.accountId)[0]
      try {
        const pages = member === undefined ? [] : await retrieval.ask(member, { signal, lane: 0, wait: WAIT })
        for (const { namespace, items } of pages) {
          if (items.length === 0 || namespace === NAMESPACES.messages) continue
          await this.configs.receive(namespace, items)
          await cursors.advance(member!.descriptor.nodeId, { namespace, items, generation: cursors.generation })
        }
        if (pages.length === 0) await device.clock.sleep(PAUSE, { signal })
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof RequestError || error instanceof StoreError)) throw error
        await device.clock.sleep(PAUSE, { signal })
      }
    }
  }
}
