/**
 * What the devices of an account share, as the rest of the client sees and changes it. docs/protocol/config.md §5.
 *
 * Edits take effect at once and are pushed soon after. Each gives what must be written to the local store: in the same write
 * as what belongs to it, so that both are durable or neither. Nothing to write: nothing changed. A change may be written late
 * or after a newer one, because it always holds the newest state. If the write fails, the edit stands all the same, and is
 * written with the next push.
 */
import type {
  AccountId,
  Contact,
  ContactChange,
  ConversationRef,
  EntryChange,
  GroupId,
  KnownCommunity,
  KnownGroup,
  ReadPosition,
  ReadPositionChange,
  UnixMillis,
  UserProfile,
  UserProfileChange,
} from '@starling/protocol'
import type { SealedChange } from '../store/sealed-store.ts'

export type ConfigWrites = readonly SealedChange[]

export interface SharedProfile {
  get(): UserProfile
  /** Name, picture and features carry the time of the change. */
  set(change: UserProfileChange): ConfigWrites
}

export interface SharedContacts {
  /** `undefined`: no contact, as most strangers are. */
  get(id: AccountId): Contact | undefined
  list(): readonly Contact[]
  /** Only fields that differ count; who is no contact becomes one. The own account never does: nothing happens. */
  set(id: AccountId, change: ContactChange): ConfigWrites
  /** The other devices delete the conversation, too, and its read position goes with it. */
  erase(id: AccountId): ConfigWrites
}

/** Conversations with accounts; the notes to oneself stand under the own ID. */
export interface SharedReadState {
  get(conversation: AccountId): ReadPosition
  /** Of all kinds. */
  list(): readonly { readonly conversation: ConversationRef; readonly position: ReadPosition }[]
  /** All up to this time is read: only a later one than the one that is there counts, and none over 30 days ago. */
  raise(conversation: AccountId, readUntil: UnixMillis): ConfigWrites
  /** By hand; `false` once the conversation was looked at. */
  markUnread(conversation: AccountId, marked: boolean): ConfigWrites
}

export interface SharedGroups {
  list(): readonly KnownGroup[]
  communities(): readonly KnownCommunity[]
}

export interface SharedConfigs {
  readonly profile: SharedProfile
  readonly contacts: SharedContacts
  readonly readState: SharedReadState
  readonly groups: SharedGroups
}

/**
 * What other devices changed. It comes at least once: after a crash, or from a device that was away, the same again, so
 * acting on it must be repeatable. Act by `after`, not by the difference.
 */
export type ConfigChanges = {
  readonly profile?: { readonly before: UserProfile; readonly after: UserProfile }
  /** A contact that is gone (`after` undefined): its conversation is deleted. */
  readonly contacts: readonly EntryChange<AccountId, Contact>[]
  /** Where `after.readUntil` is lower than what was read here, only the mark counts. */
  readonly readPositions: readonly ReadPositionChange[]
  readonly groups: readonly EntryChange<GroupId, KnownGroup>[]
}
