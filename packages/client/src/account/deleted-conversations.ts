/**
 * Keeps conversations that were deleted from coming back with old messages. What our devices share tells of contacts, not of
 * strangers: a message of a stranger is never dropped for it. docs/protocol/conversations.md §2.
 */
import {
  type AccountId,
  minutes,
  NAMESPACES,
  type Namespace,
  type RetrievedMessage,
  type UnixMillis,
  unixMillis,
} from '@starling/protocol'
import * as z from 'zod/mini'
import type { SharedConfigs } from '../config/config-facade.ts'
import type { NetworkTime } from '../network-time.ts'
import { jsonRecord, Singleton } from '../store/json-record.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'

const newest = new Singleton({ table: TABLES.singletons, partition: 'newest contacts' }, jsonRecord(z.int()))
/** What is younger may have been sent without knowing of the deletion. */
const SLACK = minutes(2)

export type DeletedConversationsOptions = {
  readonly store: SealedStore
  readonly self: AccountId
  readonly time: NetworkTime
  readonly shared: SharedConfigs
}

export class DeletedConversations {
  readonly #options: DeletedConversationsOptions
  /** When the newest contacts that we have merged were stored. */
  #newest = unixMillis(0)

  constructor(options: DeletedConversationsOptions) {
    this.#options = options
  }

  async load(): Promise<void> {
    this.#newest = unixMillis((await newest.get(this.#options.store)) ?? 0)
  }

  /** These were merged. */
  async note(namespace: Namespace, items: readonly RetrievedMessage[]): Promise<void> {
    if (namespace !== NAMESPACES.contacts) return
    // A node that names a time to come does not hide what was sent until then.
    const times = items.map(({ timestamp }) => Math.min(timestamp, this.#options.time.now()))
    const time = unixMillis(Math.max(this.#newest, ...times))
    if (time === this.#newest) return
    await this.#options.store.write([newest.put(time)])
    this.#newest = time
  }

  /** Whether the conversation was deleted after this was sent. `isOwn`: another device of ours sent it. */
  has(account: AccountId, sentAt: UnixMillis, isOwn: boolean): boolean {
    const { self, shared } = this.#options
    if (account === self || sentAt >= this.#newest - SLACK) return false
    const contact = shared.contacts.get(account)
    return contact === undefined ? isOwn : contact.priority < 0
  }
}
