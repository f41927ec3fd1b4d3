/** Which entries differ between two states of an object: after a merge, what other devices changed. */
import type { Crypto } from '../crypto/crypto.ts'
import { type AccountId, parseAccountId } from '../identity/account-id.ts'
import { type Contact, readContact } from './contacts.ts'
import { type ConversationRef, listReadPositions, type ReadPosition, readPosition } from './conversation-info.ts'
import type { ConfigDict } from './data.ts'
import { diffData } from './diff.ts'
import { dictIn, idOfKey } from './fields.ts'
import { type GroupId, parseGroupId } from './group-id.ts'
import { type KnownGroup, readKnownGroup } from './user-groups.ts'
import { readUserProfile, type UserProfile } from './user-profile.ts'

/** `before` undefined: new; `after` undefined: gone. */
export type EntryChange<Id, Entry> = {
  readonly id: Id
  readonly before: Entry | undefined
  readonly after: Entry | undefined
}
export type ReadPositionChange = {
  readonly conversation: ConversationRef
  readonly before: ReadPosition
  readonly after: ReadPosition
}

export function changedProfile(
  before: ConfigDict,
  after: ConfigDict,
): { readonly before: UserProfile; readonly after: UserProfile } | undefined {
  if (diffData(before, after).size === 0) return undefined
  return { before: readUserProfile(before), after: readUserProfile(after) }
}

export function changedContacts(before: ConfigDict, after: ConfigDict): readonly EntryChange<AccountId, Contact>[] {
  return changedIds(before, after, { table: 'c', prefix: '05' }).map((text) => {
    const id = parseAccountId(text)
    return { id, before: readContact(before, id), after: readContact(after, id) }
  })
}

export function changedGroups(
  crypto: Crypto,
  before: ConfigDict,
  after: ConfigDict,
): readonly EntryChange<GroupId, KnownGroup>[] {
  return changedIds(before, after, { table: 'g', prefix: '03' }).map((text) => {
    const id = parseGroupId(text)
    return { id, before: readKnownGroup(crypto, before, id), after: readKnownGroup(crypto, after, id) }
  })
}

export function changedReadPositions(before: ConfigDict, after: ConfigDict): readonly ReadPositionChange[] {
  const conversations = [...listReadPositions(after), ...listReadPositions(before)].map((each) => each.conversation)
  const unique = new Map(conversations.map((conversation) => [nameOf(conversation), conversation]))
  return [...unique.values()].flatMap((conversation) => {
    const [was, is] = [readPosition(before, conversation), readPosition(after, conversation)]
    const isSame = was.readUntil === is.readUntil && was.markedUnread === is.markedUnread
    return isSame ? [] : [{ conversation, before: was, after: is }]
  })
}

function changedIds(
  before: ConfigDict,
  after: ConfigDict,
  { table, prefix }: { readonly table: string; readonly prefix: string },
): readonly string[] {
  const keys = [...diffData(dictIn(before, table), dictIn(after, table)).keys()]
  return keys.flatMap((key) => idOfKey(key, [prefix]) ?? [])
}

function nameOf(conversation: ConversationRef): string {
  return conversation.kind === 'community'
    ? `community ${conversation.baseUrl} ${conversation.room}`
    : `${conversation.kind} ${conversation.id}`
}
