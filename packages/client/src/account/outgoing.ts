/** What leaves the account: builds and seals it, with all that belongs to it. Neither writes nor sends. */
import {
  type AccountId,
  type AccountKeys,
  buildContent,
  buildStoredMessage,
  type Content,
  type Crypto,
  type Expiration,
  isSynced,
  type OutgoingContent,
  parseAccountId,
  type RandomBytes,
  type SenderProfile,
  timeToLive,
  type UnixMillis,
} from '@starling/protocol'
import type { ConversationId } from '../api.ts'
import { contentOf, type SaidContent } from '../messages/content-of.ts'
import type { MessageRecord } from '../messages/message-record.ts'
import type { SyncCopy } from '../messages/outbox.ts'
import type { OutboxItem, SwarmJob } from '../messages/outbox-record.ts'
import type { Deposit } from '../messages/store-message.ts'
import type { NetworkTime } from '../network-time.ts'

export type OutgoingOptions = {
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly keys: AccountKeys
  readonly time: NetworkTime
  /** Of the outbox. */
  readonly takeOrder: () => number
  /** What others see of us. */
  readonly profile: () => SenderProfile | undefined
}

/** Something that is no message of the conversation: a reaction, a receipt, … */
export type Control = {
  readonly conversation: AccountId
  readonly draft: OutgoingContent
  readonly sentAt: UnixMillis
  readonly expiration?: Expiration | undefined
  /** For our own devices alone. */
  readonly isOwn?: boolean
}

export class Outgoing {
  readonly #options: OutgoingOptions
  readonly #self: AccountId

  constructor(options: OutgoingOptions) {
    this.#options = options
    this.#self = options.keys.accountId
  }

  /** @throws {MalformedInputError} `message_text`, `attachment`, `link_preview`: it cannot be sent so. */
  message(account: AccountId, message: MessageRecord): OutboxItem | undefined {
    const said = contentOf(message)
    if (said === undefined) return undefined
    const { sentAt } = message
    const isNote = account === this.#self
    // A note to oneself is nothing but the copy for the other devices. docs/protocol/envelope.md §8.
    const content = isNote ? this.#copyContent(said, account, sentAt) : this.#content(said, sentAt)
    const ttl = timeToLive(said.draft.kind, said.expiration, isNote ? 'self' : 'recipient')
    return {
      ...this.#item('message', account, sentAt),
      owner: account,
      data: this.#seal(account, content, sentAt),
      ttl,
    }
  }

  syncCopy(conversation: ConversationId, message: MessageRecord): SyncCopy | undefined {
    const said = contentOf(message)
    if (said === undefined) return undefined
    const content = this.#copyContent(said, parseAccountId(conversation), message.sentAt)
    const ttl = timeToLive(said.draft.kind, said.expiration, 'self')
    return { data: this.#seal(this.#self, content, message.sentAt), ttl }
  }

  response(account: AccountId, sentAt: UnixMillis): OutboxItem {
    const content = this.#content({ draft: { kind: 'requestResponse' }, expiration: undefined }, sentAt)
    return { ...this.#item('response', account, sentAt), owner: account, data: this.#seal(account, content, sentAt) }
  }

  /** @throws {MalformedInputError} `reaction`: no emoji */
  control(control: Control): OutboxItem {
    const { conversation, draft, sentAt, expiration } = control
    const { kind } = draft
    const item = this.#item('control', conversation, sentAt)
    const isOwn = control.isOwn === true || conversation === this.#self
    const forSelf = () => ({
      data: this.#seal(this.#self, this.#controlCopy(control), sentAt),
      ttl: timeToLive(kind, expiration, 'self'),
    })
    if (isOwn) return { ...item, owner: this.#self, ...forSelf() }
    const data = this.#seal(conversation, this.#content({ draft, expiration }, sentAt), sentAt)
    const sent = { ...item, owner: conversation, data, ttl: timeToLive(kind, expiration, 'recipient') }
    if (!isSynced(kind)) return sent
    const copy = forSelf()
    return { ...sent, copy: copy.data, copyTtl: copy.ttl }
  }

  typing(conversation: ConversationId, action: 'started' | 'stopped', sentAt: UnixMillis): Deposit {
    const owner = parseAccountId(conversation)
    const content = this.#content({ draft: { kind: 'typing', action }, expiration: undefined }, sentAt)
    return { owner, data: this.#seal(owner, content, sentAt), ttl: timeToLive('typing', undefined, 'recipient') }
  }

  job(job: SwarmJob): OutboxItem {
    const { time } = this.#options
    return { ...this.#item('swarm', this.#self, time.now()), owner: this.#self, data: new Uint8Array(), job }
  }

  #content({ draft, expiration }: SaidContent, timestamp: UnixMillis): Content {
    return buildContent(draft, { timestamp, expiration, profile: this.#options.profile() })
  }

  #copyContent({ draft, expiration }: SaidContent, syncTarget: AccountId, timestamp: UnixMillis): Content {
    return buildContent(draft, { timestamp, expiration, syncTarget })
  }

  /** An unsend has no place for where it belongs. docs/protocol/envelope.md §8. */
  #controlCopy({ draft, conversation, sentAt: timestamp, expiration }: Control): Content {
    return buildContent(draft, { timestamp, expiration, syncTarget: conversation })
  }

  #item(kind: OutboxItem['kind'], conversation: AccountId, sentAt: UnixMillis): Omit<OutboxItem, 'owner' | 'data'> {
    const { takeOrder, time } = this.#options
    return {
      order: takeOrder(),
      kind,
      conversation: conversation as string as ConversationId,
      sentAt,
      queuedAt: time.now(),
    }
  }

  #seal(recipient: AccountId, content: Content, timestamp: UnixMillis): Uint8Array {
    const { crypto, random, keys } = this.#options
    return buildStoredMessage({ crypto, random, sender: keys, recipient, content, timestamp })
  }
}
