/**
 * Keeps conversations here and what all devices share in step, in both directions. A change here sets only the fields that it
 * changed: what another device changed meanwhile stays. docs/protocol/conversations.md §5.
 */
import {
  type AccountId,
  type Contact,
  type ContactChange,
  type DisplayName,
  fromBase64,
  toBase64,
  type UnixMillis,
  unixMillis,
} from '@starling/protocol'
import type { ConfigWrites, SharedConfigs } from '../config/config-facade.ts'
import { type ConversationRecord, createConversation } from '../messages/conversation-record.ts'

export type ConfigMirrorOptions = {
  readonly shared: () => SharedConfigs
  readonly self: AccountId
  readonly now: () => UnixMillis
}

export class ConfigMirror {
  readonly #options: ConfigMirrorOptions

  constructor(options: ConfigMirrorOptions) {
    this.#options = options
  }

  /** What other devices are to learn of this change. To be written with it. */
  writes(before: ConversationRecord | undefined, after: ConversationRecord): ConfigWrites {
    const { self } = this.#options
    const { readState } = this.#options.shared()
    const marked = (before?.markedUnread ?? false) !== after.markedUnread
    const position = marked ? readState.markUnread(after.account, after.markedUnread) : []
    return [
      ...position,
      ...(after.account === self ? this.#ownWrites(before, after) : this.#contactWrites(before, after)),
    ]
  }

  /** The conversation was deleted by hand: a contact stays one, a stranger is forgotten. */
  erase(account: AccountId): ConfigWrites {
    const { self } = this.#options
    const { contacts, profile } = this.#options.shared()
    if (account === self) return profile.set({ priority: -1 })
    return contacts.get(account)?.approved ? contacts.set(account, { priority: -1 }) : contacts.erase(account)
  }

  /** A conversation as it begins, with what the devices know of the contact. */
  begin(record: ConversationRecord): ConversationRecord {
    if (record.account === this.#options.self) return this.withOwn(record)
    const contact = this.#options.shared().contacts.get(record.account)
    return contact === undefined ? record : this.withContact(record, contact)
  }

  /** The conversation as another device left it. */
  withContact(record: ConversationRecord, contact: Contact): ConversationRecord {
    const { approved, approvedMe, blocked, priority, notifications, mutedUntilSeconds, expiration } = contact
    const isLater = contact.profileSeconds > record.profileUpdated || record.profileName === undefined
    return {
      ...record,
      ...(isLater ? profileOf(contact) : {}),
      accepted: approved,
      answered: record.answered || approved,
      approvedMe,
      blocked,
      pinned: priority > 0,
      hidden: priority < 0 || undefined,
      muted: notifications === 'disabled' || mutedUntilSeconds > 0,
      mutedUntil:
        notifications === 'disabled' || mutedUntilSeconds === 0 ? undefined : unixMillis(mutedUntilSeconds * 1000),
      nickname: contact.nickname === '' ? undefined : contact.nickname,
      expiration,
    }
  }

  /** Notes to oneself, as another device left them. */
  withOwn(record: ConversationRecord): ConversationRecord {
    const { priority, timerSeconds } = this.#options.shared().profile.get()
    return {
      ...record,
      pinned: priority > 0,
      hidden: priority < 0 || undefined,
      expiration: timerSeconds > 0 ? { mode: 'afterSend', seconds: timerSeconds } : undefined,
    }
  }

  #ownWrites(known: ConversationRecord | undefined, after: ConversationRecord): ConfigWrites {
    const { profile } = this.#options.shared()
    const before = known ?? this.withOwn(fresh(after))
    const seconds = after.expiration?.seconds ?? 0
    return [
      ...(rankOf(before) === rankOf(after) ? [] : profile.set({ priority: rankOf(after) })),
      ...((before.expiration?.seconds ?? 0) === seconds ? [] : profile.set({ timerSeconds: seconds })),
    ]
  }

  /** Strangers are no contacts: anybody could fill the list. */
  #contactWrites(known: ConversationRecord | undefined, after: ConversationRecord): ConfigWrites {
    const { contacts } = this.#options.shared()
    const contact = contacts.get(after.account)
    if (contact === undefined && !after.accepted && !after.blocked) return []
    const before = contact === undefined ? fresh(after) : (known ?? this.withContact(fresh(after), contact))
    const change = changeOf(before, after)
    if (Object.keys(change).length === 0) return []
    const created = contact === undefined ? { createdSeconds: Math.floor(this.#options.now() / 1000) } : {}
    return contacts.set(after.account, { ...change, ...created })
  }
}

function fresh({ account, lastActivity }: ConversationRecord): ConversationRecord {
  return createConversation(account, lastActivity)
}

function rankOf({ hidden, pinned }: ConversationRecord): number {
  return hidden ? -1 : Number(pinned)
}

function profileOf({ name, picture, profileSeconds }: Contact): Partial<ConversationRecord> {
  return {
    profileName: name === '' ? undefined : name,
    profilePicture: picture && { url: picture.url, key: toBase64(picture.key) },
    profileUpdated: profileSeconds,
  }
}

/** The time is in whole seconds: a mute does not end early by that. */
function muteOf({ muted, mutedUntil }: ConversationRecord): ContactChange {
  return {
    notifications: muted && mutedUntil === undefined ? 'disabled' : 'default',
    mutedUntilSeconds: mutedUntil === undefined ? 0 : Math.ceil(mutedUntil / 1000),
  }
}

function changeOf(before: ConversationRecord, after: ConversationRecord): ContactChange {
  const { profilePicture: picture, expiration } = after
  const isSame = (...keys: readonly (keyof ConversationRecord)[]) =>
    keys.every((key) => JSON.stringify(before[key]) === JSON.stringify(after[key]))
  return {
    ...(isSame('accepted') ? {} : { approved: after.accepted }),
    ...(isSame('approvedMe') ? {} : { approvedMe: after.approvedMe }),
    ...(isSame('blocked') ? {} : { blocked: after.blocked }),
    ...(isSame('nickname') ? {} : { nickname: after.nickname ?? '' }),
    ...(rankOf(before) === rankOf(after) ? {} : { priority: rankOf(after) }),
    ...(isSame('muted', 'mutedUntil') ? {} : muteOf(after)),
    ...(isSame('expiration') ? {} : { expiration: expiration ?? 'off' }),
    ...(isSame('profileName', 'profilePicture', 'profileUpdated')
      ? {}
      : {
          name: (after.profileName ?? '') as DisplayName,
          picture: picture === undefined ? 'none' : { url: picture.url, key: fromBase64(picture.key) },
          profileSeconds: after.profileUpdated,
        }),
  }
}
