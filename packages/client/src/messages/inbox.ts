/**
 * Retrieves from two members of the own swarm, held until there is news. Invariants: deliver, then advance: a cursor moves
 * only when what is before it was handled; handling is idempotent by message hash, which we compute ourselves, and by author
 * and time. A crash between the two is harmless.
 */
import {
  type AccountId,
  type AccountKeys,
  AuthenticationError,
  type Crypto,
  deriveMessageHash,
  equalBytes,
  fromUtf8,
  hours,
  isMessageHash,
  MalformedInputError,
  METHODS,
  type MessageHash,
  MessengerError,
  millis,
  NAMESPACES,
  type Namespace,
  type NodeEntry,
  type NodeId,
  type OpenedMessage,
  openStoredMessage,
  ownerSigner,
  type RandomBytes,
  type RetrievedMessage,
  type RetrieveParams,
  type RetrieveResult,
  readTextContent,
  seconds,
  signRequest,
  utf8,
} from '@starling/protocol'
import { backoff, type Clock, type Logger, type TaskGroup } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { Paths } from '../paths/paths.ts'
import type { RecordName, SealedChange, SealedStore } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import { TABLES } from '../store/tables.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import { WakeUp } from '../wake-up.ts'
import { arrivalOf } from './arrival.ts'
import type { Arrival, MessageBook } from './message-book.ts'
import type { SeenMessages } from './seen-messages.ts'

/** Below the minute that nodes hold at most. */
const WAIT = seconds(50)
/** A held answer without news that comes earlier was not held: this node does not know how. */
const EARLY = seconds(5)
const POLL_INTERVAL = seconds(3)
const RETRY_BASE = millis(500)
const RETRY_LIMIT = seconds(15)
const CLEAN_INTERVAL = hours(6)
/** Shares of what a node answers at most. docs/protocol/storage-rpc.md §8. */
const MAX_SIZE = { config: -8, messages: -2 } as const
/** In the order in which they are merged, and all before the messages. docs/protocol/config.md §6. */
const CONFIG_NAMESPACES = [
  NAMESPACES.profile,
  NAMESPACES.contacts,
  NAMESPACES.userGroups,
  NAMESPACES.conversationInfo,
] as const

type Lane = 0 | 1

export type InboxOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly crypto: Crypto
  readonly logger: Logger
  readonly store: SealedStore
  readonly keys: AccountKeys
  readonly book: MessageBook
  readonly seen: SeenMessages
  readonly requests: SwarmRequests
  readonly paths: Paths
  readonly time: NetworkTime
  /** What stands in the namespace of a config object. Durable when it resolves. */
  readonly onConfigs: (namespace: Namespace, items: readonly RetrievedMessage[]) => Promise<void>
  /** Everything that was waiting was handled, as one more member has it. */
  readonly onCaughtUp: () => void
}

export class Inbox {
  readonly #options: InboxOptions
  readonly #self: AccountId
  readonly #asked = new Map<Lane, NodeId>()
  readonly #wakeUps: Readonly<Record<Lane, WakeUp>>

  constructor(options: InboxOptions) {
    this.#options = options
    this.#self = options.keys.accountId
    this.#wakeUps = { 0: new WakeUp(options.clock), 1: new WakeUp(options.clock) }
  }

  start(tasks: TaskGroup): void {
    for (const lane of [0, 1] as const) tasks.run('inbox', (signal) => this.#listen(lane, signal))
    tasks.run('seen', (signal) => this.#cleanSeen(signal))
  }

  /** The network is back, or the directory is new: nobody waits for the next attempt. */
  wake(): void {
    for (const lane of [0, 1] as const) this.#wakeUps[lane].wake()
  }

  async #listen(lane: Lane, signal: AbortSignal): Promise<void> {
    const { paths, logger, random } = this.#options
    let failures = 0
    let failed: NodeId | undefined
    while (!signal.aborted) {
      await paths.connected(signal)
      const member = this.#choose(lane, failed)
      if (member === undefined) {
        await this.#wakeUps[lane].sleep(RETRY_LIMIT, signal)
        continue
      }
      this.#asked.set(lane, member.descriptor.nodeId)
      try {
        await this.#stayWith(member, lane, signal, () => {
          failures = 0
        })
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof RequestError || error instanceof StoreError)) throw error
        logger.debug('inbox.retrieve_failed', { code: error.code, lane })
        // A lost guard says nothing about the member.
        failed = error.code === 'guard_lost' ? undefined : member.descriptor.nodeId
        const delay = backoff({ attempt: failures++, base: RETRY_BASE, limit: RETRY_LIMIT, random })
        if (error.code !== 'guard_lost' || failures > 1) await this.#wakeUps[lane].sleep(delay, signal)
      } finally {
        this.#asked.delete(lane)
      }
    }
  }

  /** A member that the other lane does not ask; not the one that just failed, where there is another. */
  #choose(lane: Lane, failed: NodeId | undefined): NodeEntry | undefined {
    const taken = this.#asked.get(lane === 0 ? 1 : 0)
    const free = this.#options.requests.membersOf(this.#self).filter(({ descriptor }) => descriptor.nodeId !== taken)
    return free.find(({ descriptor }) => descriptor.nodeId !== failed) ?? free[0]
  }

  /** Until a request fails or the member leaves the swarm. */
  async #stayWith(member: NodeEntry, lane: Lane, signal: AbortSignal, onAnswer: () => void): Promise<void> {
    const { clock } = this.#options
    let isCaughtUp = false
    while (this.#isMember(member)) {
      const started = clock.monotonic()
      const { isMore, isNews } = await this.#poll(member, lane, isCaughtUp, signal)
      onAnswer()
      if (isMore) continue
      // Nor does a node that repeats what we have get more attention.
      const isEarly = isCaughtUp && !isNews && clock.monotonic() - started < EARLY
      if (!isCaughtUp) this.#options.onCaughtUp()
      isCaughtUp = true
      if (isEarly) await clock.sleep(POLL_INTERVAL, { signal })
    }
  }

  #isMember({ descriptor }: NodeEntry): boolean {
    const members = this.#options.requests.swarmOf(this.#self)?.members ?? []
    return members.some((member) => member.descriptor.nodeId === descriptor.nodeId)
  }

  async #poll(
    member: NodeEntry,
    lane: Lane,
    isHeld: boolean,
    signal: AbortSignal,
  ): Promise<{ isMore: boolean; isNews: boolean }> {
    const { configs, messages } = await this.#retrieve(member, lane, isHeld, signal)
    let isNews = false
    let isMore = false
    for (const [i, namespace] of CONFIG_NAMESPACES.entries()) {
      const config = configs[i]!
      if (config.messages.length === 0) continue
      await this.#options.onConfigs(namespace, config.messages)
      if (await this.#advance(member, namespace, config)) {
        isNews = true
        isMore ||= config.more
      }
    }
    for (const item of messages.messages) {
      signal.throwIfAborted()
      if (await this.#deliver(item)) isNews = true
    }
    const isFurther = await this.#advance(member, NAMESPACES.messages, messages)
    return { isMore: isMore || (messages.more && isFurther), isNews }
  }

  async #retrieve(
    member: NodeEntry,
    lane: Lane,
    isHeld: boolean,
    signal: AbortSignal,
  ): Promise<{ configs: readonly RetrieveResult[]; messages: RetrieveResult }> {
    const held = { signal, lane, ...(isHeld ? { wait: WAIT } : {}) }
    const call = async (namespace: Namespace, maxSize: number) =>
      ({ method: 'retrieve', params: await this.#params(member, namespace, maxSize) }) as const
    const ask = async () => {
      const calls = await Promise.all(CONFIG_NAMESPACES.map((namespace) => call(namespace, MAX_SIZE.config)))
      const last = await call(NAMESPACES.messages, MAX_SIZE.messages)
      const results: readonly RetrieveResult[] = await this.#options.requests.batchMember<'retrieve'[]>(
        member,
        [...calls, last],
        held,
      )
      return { configs: results.slice(0, -1), messages: results.at(-1)! }
    }
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof RequestError) || error.code !== 'clock') throw error
      await this.#options.requests.measureTime()
      return ask()
    }
  }

  async #params(member: NodeEntry, namespace: Namespace, maxSize: number): Promise<RetrieveParams> {
    const { crypto, keys, store, time } = this.#options
    const cursor = await store.get(cursorName(member, namespace))
    const lastHash = cursor === undefined ? undefined : fromUtf8(cursor)
    const params = {
      owner: this.#self,
      namespace,
      lastHash: lastHash !== undefined && isMessageHash(lastHash) ? lastHash : undefined,
      maxCount: undefined,
      maxSize,
      timestamp: time.now(),
      wait: undefined,
    }
    return keys.signing.secretKey.use((key) =>
      signRequest<RetrieveParams>(METHODS.retrieve, params, ownerSigner(crypto, key, { account: true })),
    )
  }

  /** Whether the cursor has moved. */
  async #advance(member: NodeEntry, namespace: Namespace, { messages }: RetrieveResult): Promise<boolean> {
    const last = messages.at(-1)
    if (last === undefined) return false
    const { store } = this.#options
    const name = cursorName(member, namespace)
    const value = utf8(last.hash)
    const before = await store.get(name)
    if (before !== undefined && equalBytes(before, value)) return false
    await store.write([{ kind: 'put', name, value }])
    return true
  }

  /** Handles one message, unless it was handled before; what cannot be opened is marked, so that it is not tried again. */
  async #deliver(item: RetrievedMessage): Promise<boolean> {
    const { book, crypto, seen, store, time } = this.#options
    // Not the hash that the node names: it could have us skip another message by it.
    const hash: MessageHash = deriveMessageHash(crypto, this.#self, NAMESPACES.messages, item.data)
    if (await seen.has(hash)) return false
    const marks: SealedChange[] = seen.mark(hash, item.expiry, time.now())
    const arrival = this.#understand(item, marks)
    if (arrival === undefined) await store.write(marks)
    else await book.file(arrival)
    return true
  }

  /** A message must not stop those behind it, whatever is in it: a fault of ours is logged, and the next one handled. */
  #understand(item: RetrievedMessage, marks: readonly SealedChange[]): Arrival | undefined {
    try {
      const opened = this.#open(item)
      return opened && this.#read(opened, marks)
    } catch (error) {
      const code = error instanceof MessengerError ? error.code : 'unknown'
      this.#options.logger.error('inbox.message_failed', { code })
      return undefined
    }
  }

  #open(item: RetrievedMessage): OpenedMessage | undefined {
    const { crypto, keys, logger } = this.#options
    try {
      return openStoredMessage({ crypto, data: item.data, recipient: keys })
    } catch (error) {
      if (!(error instanceof MalformedInputError || error instanceof AuthenticationError)) throw error
      logger.debug('inbox.unreadable', { code: error.code })
      return undefined
    }
  }

  #read(opened: OpenedMessage, marks: readonly SealedChange[]) {
    const { requests } = this.#options
    const content = readTextContent(opened.content, { sender: opened.sender, self: this.#self })
    const of = requests.swarmOf(this.#self)?.members.length ?? 1
    return arrivalOf(opened, content, { self: this.#self, swarmSize: of, marks })
  }

  async #cleanSeen(signal: AbortSignal): Promise<void> {
    const { clock, logger, seen, time } = this.#options
    while (!signal.aborted) {
      await clock.sleep(CLEAN_INTERVAL, { signal })
      try {
        await seen.clean(time.now())
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        logger.warn('inbox.clean_failed', { code: error.code })
      }
    }
  }
}

/** Each node has an order of its own, so each has a cursor. */
function cursorName({ descriptor }: NodeEntry, namespace: Namespace): RecordName {
  return { table: TABLES.cursors, partition: `${descriptor.nodeId} ${namespace}`, sort: new Uint8Array() }
}
