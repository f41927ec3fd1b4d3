/**
 * One item of the own inbox: opened, judged, filed and marked with one write. Idempotent by message hash, which we compute
 * ourselves, and by author and time; so a crash at any point is harmless, and so are several members that have it.
 */
import {
  type AccountId,
  type AccountKeys,
  AuthenticationError,
  type Crypto,
  deriveMessageHash,
  isNewerEnvelope,
  LIMITS,
  MalformedInputError,
  type MessageHash,
  MessengerError,
  NAMESPACES,
  type OpenedMessage,
  openStoredMessage,
  type RetrievedMessage,
  readContent,
} from '@starling/protocol'
import type { Logger } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import { type Understood, understand } from './arrival.ts'
import type { Arrivals } from './arrivals.ts'
import type { NewerMessages } from './newer-messages.ts'
import type { SeenMessages } from './seen-messages.ts'

export type MessageReceiverOptions = {
  readonly crypto: Crypto
  readonly logger: Logger
  readonly keys: AccountKeys
  readonly arrivals: Arrivals
  readonly newer: NewerMessages
  readonly seen: SeenMessages
  readonly requests: SwarmRequests
  readonly time: NetworkTime
}

export class MessageReceiver {
  readonly #options: MessageReceiverOptions
  readonly #self: AccountId
  /** Two members give the same at the same time: it is opened once. */
  readonly #underWay = new Map<MessageHash, Promise<boolean>>()

  constructor(options: MessageReceiverOptions) {
    this.#options = options
    this.#self = options.keys.accountId
  }

  /**
   * Whether it was new. What cannot be opened is marked, so that it is not tried again. Handled when it resolves. A message must
   * not stop those behind it, whatever is in it: a fault of ours is logged, and the next one handled.
   */
  async receive(item: RetrievedMessage): Promise<boolean> {
    // Not the hash that the node names: it could have us skip another message by it.
    const hash: MessageHash = deriveMessageHash(this.#options.crypto, this.#self, NAMESPACES.messages, item.data)
    const underWay = this.#underWay.get(hash)
    if (underWay !== undefined) {
      await underWay
      return false
    }
    const work = this.#take(item, hash)
    this.#underWay.set(hash, work)
    try {
      return await work
    } finally {
      this.#underWay.delete(hash)
    }
  }

  async #take(item: RetrievedMessage, hash: MessageHash): Promise<boolean> {
    const { arrivals, logger, seen, time } = this.#options
    if (await seen.has(hash)) return false
    const marks: SealedChange[] = seen.mark(hash, item.expiry, time.now())
    if (isNewerEnvelope(item.data) && item.data.length <= LIMITS.messageBytes) {
      await this.#options.newer.keep({ hash, data: item.data, now: time.now(), marks })
      return true
    }
    try {
      await arrivals.take(this.#understand(item, hash, marks), marks)
    } catch (error) {
      if (error instanceof StoreError) throw error
      logger.error('inbox.message_failed', { code: codeOf(error) })
      await arrivals.take({ kind: 'nothing' }, marks)
    }
    return true
  }

  #understand(item: RetrievedMessage, hash: MessageHash, marks: readonly SealedChange[]): Understood {
    const opened = this.#open(item)
    if (opened === undefined) return { kind: 'nothing' }
    const { requests, time } = this.#options
    const content = readContent(opened.content, { ...opened, self: this.#self })
    const swarmSize = requests.swarmOf(this.#self)?.members.length ?? 1
    return understand(opened, content, { self: this.#self, swarmSize, now: time.now(), hash, item, marks })
  }

  #open({ data }: RetrievedMessage): OpenedMessage | undefined {
    const { crypto, keys, logger } = this.#options
    // No honest node keeps more. Bounds the work that one message can make.
    if (data.length > LIMITS.messageBytes) return undefined
    try {
      return openStoredMessage({ crypto, data, recipient: keys })
    } catch (error) {
      if (!(error instanceof MalformedInputError || error instanceof AuthenticationError)) throw error
      logger.debug('inbox.unreadable', { code: error.code })
      return undefined
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof MessengerError ? error.code : 'unknown'
}
