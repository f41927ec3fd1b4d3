/** A client on simulated wires: the real one, with a store that outlives it and a clock that may be wrong. */
import {
  type Client,
  type ConversationId,
  createClient,
  type Delivery,
  type FileStorage,
  type MessageId,
  type MessageView,
  type Transport,
  TransportError,
} from '@starling/client'
import { MemoryDisk, MemoryStore, MemoryVault } from '@starling/client/testing'
import {
  type AccountId,
  type Crypto,
  type Millis,
  millis,
  type NetworkFile,
  type RandomBytes,
} from '@starling/protocol'
import type { Logger } from '@starling/runtime'
import type { SkewedClock, VirtualClock } from '@starling/runtime/testing'
import { NoRouteError, type SimulatedNetwork } from './simulated-network.ts'
import type { SimulatedNode } from './simulated-node.ts'

/** Where a client lives: a `TestNet`. */
export interface ClientWorld {
  readonly networkFile: NetworkFile
  readonly clock: VirtualClock
  readonly random: RandomBytes
  readonly crypto: Crypto
  readonly log: Logger
  readonly network: SimulatedNetwork
  readonly nodes: readonly SimulatedNode[]
  /** Where everybody's files lie. */
  readonly files?: FileStorage
  nodeAt(address: string): SimulatedNode | undefined
  advance(duration: Millis): Promise<void>
}

export class TestClient implements AsyncDisposable {
  readonly name: string
  /** Of the device: set `offset` to make it wrong. */
  readonly clock: SkewedClock
  /** Its store: see `writesLeft`. */
  readonly disk: MemoryDisk = new MemoryDisk()
  readonly #net: ClientWorld
  readonly #vault: MemoryVault
  #client: Client | undefined
  #isOffline = false
  readonly #networkListeners = new Set<() => void>()

  /** A device with a new account on it. */
  static async create(net: ClientWorld, name: string): Promise<TestClient> {
    const client = new TestClient(net, name)
    await client.open()
    await client.api.createAccount({ displayName: name })
    return client
  }

  /** A device without an account, for restoring one. */
  static async createEmpty(net: ClientWorld, name: string): Promise<TestClient> {
    const client = new TestClient(net, name)
    await client.open()
    return client
  }

  private constructor(net: ClientWorld, name: string) {
    this.name = name
    this.#net = net
    this.clock = net.clock.skewed(millis(0))
    this.#vault = new MemoryVault(net.random)
  }

  /** The public API, as any face uses it. */
  get api(): Client {
    if (!this.#client) throw new Error(`${this.name} is closed`)
    return this.#client
  }

  get accountId(): AccountId {
    const state = this.api.session.snapshot
    if (state.kind !== 'ready') throw new Error(`${this.name} is ${state.kind}`)
    return state.account.accountId
  }

  get isConnected(): boolean {
    return this.api.network.snapshot.connection.kind === 'connected'
  }

  /** Opens the app on this device. */
  async open(): Promise<void> {
    this.#client ??= await createClient({
      network: this.#net.networkFile,
      clock: this.clock,
      random: this.#net.random,
      crypto: this.#net.crypto,
      logger: this.#net.log,
      transport: this.#transport(),
      store: new MemoryStore(this.disk),
      vault: this.#vault,
      files: this.#net.files,
    })
  }

  /** Closes the app; the store stays. */
  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    if (!client) return
    const closing = client[Symbol.asyncDispose]()
    // Links say goodbye over wires that take their time.
    await this.#net.advance(millis(1000))
    await closing
  }

  /** The device has no network: its wires are cut, and the platform says so. */
  setOffline(offline: boolean): void {
    this.#isOffline = offline
    this.#net.network.partition(
      [this.name],
      this.#net.nodes.map(({ address }) => address),
      offline,
    )
    for (const listener of this.#networkListeners) listener()
  }

  /** Durable in the outbox when it resolves. */
  async send(to: AccountId, text: string): Promise<MessageId> {
    const conversation = await this.api.startConversation(to)
    return this.api.send(conversation, text)
  }

  /** All texts that came from others, in the order in which they were sent. */
  async inbox(): Promise<string[]> {
    const incoming = (await this.messages()).filter(
      ({ direction, body }) => direction === 'incoming' && body.kind !== 'notice',
    )
    return incoming.map(({ body }) => (body.kind === 'text' ? body.text : body.kind))
  }

  /** All messages of all conversations, by the time they were sent. */
  async messages(): Promise<MessageView[]> {
    const all: MessageView[] = []
    for (const { id } of this.api.conversations.snapshot) all.push(...(await this.history(id)))
    return all.sort((a, b) => a.sentAt - b.sentAt)
  }

  /** One conversation, oldest first, however long it is. */
  async history(conversation: ConversationId): Promise<readonly MessageView[]> {
    await using history = await this.api.history(conversation)
    await history.jumpToLatest()
    const seen = new Map<MessageId, MessageView>()
    const note = () => {
      for (const message of history.state.snapshot.messages) seen.set(message.id, message)
    }
    note()
    while (history.state.snapshot.hasOlder) {
      await history.loadOlder()
      note()
    }
    return [...seen.values()].sort((a, b) => a.sentAt - b.sentAt)
  }

  async delivery(message: MessageId): Promise<Delivery | undefined> {
    return (await this.messages()).find(({ id }) => id === message)?.delivery
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.[Symbol.asyncDispose]()
  }

  #transport(): Transport {
    const { network } = this.#net
    const self = this
    return {
      connect: (node, { signal }) => network.connect(this.name, node.address, { signal }).catch(asTransportError),
      fetchDirectory: async (baseUrl, { signal }) => {
        const host = new URL(baseUrl).hostname
        const answer = await network
          .roundTrip(this.name, host, {
            signal,
            sent: new Uint8Array(),
            answer: async () => this.#net.nodeAt(host)?.node?.answer({ kind: 'directory', epoch: 'latest' }, signal),
          })
          .catch(asTransportError)
        if (answer?.status !== 200) throw new TransportError('refused')
        return answer.body
      },
      get offline() {
        return self.#isOffline
      },
      onNetworkChange: (listener) => {
        this.#networkListeners.add(listener)
        return () => this.#networkListeners.delete(listener)
      },
    }
  }
}

function asTransportError(error: unknown): never {
  throw error instanceof NoRouteError ? new TransportError('unreachable', { cause: error }) : error
}
