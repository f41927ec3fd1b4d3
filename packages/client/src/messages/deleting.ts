/** Deleting messages and conversations from this device. What is left is that they were here: they must not come back. docs/protocol/conversations.md §2. */
import type { ConversationId } from '../api.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import { type BookCore, picturesOf } from './book-core.ts'
import { withUnread } from './conversation-record.ts'
import { type MessagePlace, placeOf, unreadName } from './message-place.ts'
import { type MessageRecord, messageRecord, placeholderOf } from './message-record.ts'
import type { OutboxItem } from './outbox-record.ts'
import { tombstone } from './tombstone.ts'

const PAGE = 500

export type Deletion = {
  /** Leave a placeholder. */
  readonly keepsPlace?: boolean
  /** Written with it. */
  readonly others?: readonly SealedChange[]
  readonly items?: readonly OutboxItem[]
}

/** Messages of one conversation; those that are not there are passed over. Only inside `exclusively`. */
export async function deleteMessages(
  core: BookCore,
  places: readonly MessagePlace[],
  { keepsPlace = false, others = [], items = [] }: Deletion,
): Promise<void> {
  const [first] = places
  const before = first && core.conversation(first.conversation)
  const found: MessageRecord[] = []
  const changes: SealedChange[] = [...others]
  let unread = before?.unread ?? 0
  for (const place of places) {
    const message = await core.get(place)
    if (message === undefined) continue
    if ((await core.options.store.get(unreadName(place))) !== undefined) unread--
    found.push(message)
    changes.push(...(keepsPlace ? [deleteUnread(place)] : tombstone(core, message)))
  }
  if (before === undefined) {
    await core.options.store.write(changes)
    return
  }
  const record = withUnread(before, unread)
  const change = keepsPlace ? { put: found.map(placeholderOf) } : { remove: found }
  await core.commit({ record, ...change, items, others: changes })
}

/**
 * A conversation and all that belongs to it. `isWanted`: its messages must not come back; not so when it was only too much.
 * Only inside `exclusively`.
 */
export async function deleteConversation(
  core: BookCore,
  id: ConversationId,
  { isWanted = false }: { readonly isWanted?: boolean } = {},
): Promise<void> {
  const { store, index, search, kept } = core.options
  const record = core.conversation(id)
  // That a contact was deleted is known from what devices share; of a stranger each message is remembered.
  const isMarked = isWanted && record !== undefined && !record.accepted
  if (kept !== undefined) {
    await store.write([...(await kept.forgetConversation(id)), ...(await kept.forget(picturesOf(record)))])
  }
  for (const table of [TABLES.unread, TABLES.quotes, TABLES.early, TABLES.messages]) {
    for (;;) {
      const page = await store.list({ table, partition: id, limit: PAGE })
      const marks = isMarked && table === TABLES.messages ? page.flatMap(({ value }) => markOf(core, value)) : []
      const deleted = page.map(({ sort }): SealedChange => ({ kind: 'delete', name: { table, partition: id, sort } }))
      await store.write([...deleted, ...marks])
      if (page.length < PAGE) break
    }
  }
  const change = index.delete(id)
  await store.write([...(search?.removeConversation(id) ?? []), ...(change === undefined ? [] : [change])])
  index.hide(id)
  core.emit(id, { kind: 'gone' })
}

/** The time of a message is over: it goes without a trace, and without a word to anybody. Only inside `exclusively`. */
export async function expireMessage(
  core: BookCore,
  place: MessagePlace,
  cancel: () => readonly SealedChange[],
): Promise<boolean> {
  const message = await core.get(place)
  const deadline = message?.expiry?.deadline
  if (message === undefined || deadline === undefined || deadline > core.now()) return false
  await deleteMessages(core, [placeOf(place.conversation, message)], { others: cancel() })
  return true
}

function markOf(core: BookCore, value: Uint8Array): SealedChange[] {
  return tombstone(core, messageRecord.decode(value))
}

function deleteUnread(place: MessagePlace): SealedChange {
  return { kind: 'delete', name: unreadName(place) }
}
