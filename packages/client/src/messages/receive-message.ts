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
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import { arrivalOf } from './arrival.ts'
import type { Arrival, MessageBook } from './message-book.ts'
import type { SeenMessages } from './seen-messages.ts'

export type MessageReceiverOptions = {
  readonly crypto: Crypto
  readonly logger: Logger
  readonly store: SealedStore
  readonly keys: AccountKeys
  readonly book: MessageBook
  readonly seen: SeenMessages
  readonly requests: SwarmRequests
  readonly time: NetworkTime
}

export class MessageReceiver {
  readonly #options: MessageReceiverOptions
  readonly #self: AccountId

  constructor(options: MessageReceiverOptions) {
    this.#options = options
    this.#self = options.keys.accountId
  }

  /** Whether it was new. What cannot be opened is marked, so that it is not tried again. Durable when it resolves. */
  async receive(item: RetrievedMessage): Promise<boolean> {
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

  #read(opened: OpenedMessage, marks: readonly SealedChange[]): Arrival | undefined {
    const { requests } = this.#options
    const content = readContent(opened.content, { ...opened, self: this.#self })
    const of = requests.swarmOf(this.#self)?.members.length ?? 1
    return arrivalOf(opened, content, { self: this.#self, swarmSize: of, marks })
  }
}
