/** What other devices of ours changed, applied to conversations here. Repeatable: the same may come again. */
import { type AccountId, type DisplayName, type ProfilePicture, seconds, unixMillis } from '@starling/protocol'
import type { ConversationId } from '../api.ts'
import type { ConfigChanges } from '../config/config-facade.ts'
import { createConversation } from '../messages/conversation-record.ts'
import type { EventLog } from '../messages/event-log.ts'
import type { MessageBook } from '../messages/message-book.ts'
import type { ConfigMirror } from './config-mirror.ts'

export type ConfigChangesOptions = {
  readonly self: AccountId
  readonly book: MessageBook
  readonly mirror: ConfigMirror
  readonly events: EventLog
  readonly onProfile: (profile: OwnProfile) => Promise<void>
}

/** Name and picture that our devices agree on. */
export type OwnProfile = {
  readonly name: DisplayName | undefined
  readonly picture: ProfilePicture | undefined
  readonly updatedSeconds: number
}

export async function applyConfigChanges(changes: ConfigChanges, options: ConfigChangesOptions): Promise<void> {
  const { book, mirror, self, events, onProfile } = options
  const { profile, contacts, readPositions } = changes
  if (profile !== undefined) {
    await onProfile(profile.after)
    await book.update(self as string as ConversationId, (record) => mirror.withOwn(record))
    events.note('otherDevice', 'profile.changed')
  }
  for (const { id, after } of contacts) await applyContact(id, after, options)
  events.note('otherDevice', 'contact.changed', contacts.length)
  for (const { conversation, after } of readPositions) {
    if (conversation.kind !== 'account') continue
    const id = conversation.id as string as ConversationId
    if (after.readUntil > 0) await book.markReadElsewhere(id, after.readUntil)
    await book.update(id, (record) => ({ ...record, markedUnread: after.markedUnread }))
  }
  events.note('otherDevice', 'conversation.read', readPositions.length)
}

async function applyContact(
  account: AccountId,
  contact: ConfigChanges['contacts'][number]['after'],
  { book, mirror }: ConfigChangesOptions,
): Promise<void> {
  const id = account as string as ConversationId
  if (contact === undefined) {
    await book.deleteConversation(id)
    return
  }
  if ((await book.update(id, (record) => mirror.withContact(record, contact))) !== undefined) return
  // Who is blocked or hidden has no conversation until there is something to show.
  if (!contact.approved || contact.priority < 0) return
  const began = unixMillis(contact.createdSeconds * seconds(1))
  await book.begin(mirror.withContact(createConversation(account, began), contact))
}
