/**
 * The public API of a client: everything that a face (app, terminal, bot, test) may use. All values are plain and
 * immutable, so that they cross a worker boundary as they are; state is observed as snapshots.
 */
import type {
  AccountId,
  Brand,
  Expiration,
  Millis,
  NodeId,
  ProfilePicture,
  RecoveryPhraseError,
  UnixMillis,
} from '@starling/protocol'
import type { Observable } from '@starling/runtime'
import type { DeviceData } from './device-api.ts'
import type { FileCalls } from './file-api.ts'
import type { DeletionScope, MessageDraft, MessageId, MessageView } from './message-api.ts'
import type { CallOptions, EventLog, Settings } from './settings-api.ts'

export type * from './device-api.ts'
export type * from './file-api.ts'
export type * from './message-api.ts'
export type * from './settings-api.ts'

/** Names one conversation: today the other account's ID; the own account ID is Note to Self. */
export type ConversationId = Brand<string, 'ConversationId'>

/** What this device holds: decides which screens are shown. */
export type SessionState =
  | { readonly kind: 'opening' }
  | { readonly kind: 'noAccount' }
  | { readonly kind: 'restoring'; readonly step: 'connecting' | 'profile' | 'messages' }
  /** Restored, but no profile was found: `setDisplayName` completes it. */
  | { readonly kind: 'needsName' }
  | { readonly kind: 'ready'; readonly account: AccountView }
  /** `unlock` opens it; not before `retryAt`, if there is one. */
  | { readonly kind: 'locked'; readonly retryAt?: UnixMillis }
  | { readonly kind: 'failed'; readonly code: SessionFailure }

/** `store_unreadable`: what is stored cannot be opened; `store_unavailable`: the place to store in cannot be used; `newer_version`: a later version of this program wrote it; `in_use`: another process or tab has it. */
export type SessionFailure = 'store_unreadable' | 'newer_version' | 'store_unavailable' | 'in_use'

export type AccountView = {
  readonly accountId: AccountId
  readonly displayName: string
  readonly picture?: ProfilePicture
  /** The banner stays until the phrase was shown and two of its words were confirmed. */
  readonly phraseConfirmed: boolean
  /** Messages in an encryption of a later version, which are kept for it: at most 200. Absent: none. Anybody can cause some. */
  readonly newerMessages?: number
}

export type ConversationSummary = {
  readonly id: ConversationId
  readonly kind: 'contact' | 'request' | 'noteToSelf'
  /** Nickname, else their profile name, else a shortened account ID. Hostile text: show as text only. */
  readonly title: string
  readonly profileName?: string
  readonly nickname?: string
  readonly picture?: ProfilePicture
  readonly pinned: boolean
  /** As of the last change of this summary: `mutedUntil` may have passed since. */
  readonly muted: boolean
  /** Absent while muted: for good. */
  readonly mutedUntil?: UnixMillis
  /** A person compared safety numbers and said so, on this device. Other devices do not learn of it. */
  readonly verified?: true
  readonly blocked: boolean
  readonly markedUnread: boolean
  readonly unread: number
  /** An unread message names this account. */
  readonly mentioned?: true
  readonly draft: string
  /** The message that the draft answers. It may be gone since. */
  readonly draftQuote?: MessageId
  readonly lastActivity: UnixMillis
  /** They type, as their device said within the last 15 s. */
  readonly typing: boolean
  /** They accepted our messages, as far as we know. */
  readonly approvedMe: boolean
  /** When messages that we send disappear; absent: never. */
  readonly expiration?: Expiration
  readonly last?: Pick<MessageView, 'direction' | 'body' | 'sentAt' | 'delivery' | 'deleted'>
}

/** Sorted: pinned first, then by last activity, newest first. Requests are in here too: faces list them apart. */
export type ConversationList = readonly ConversationSummary[]

/** A window into one conversation, oldest first. At most 600 messages are held; the rest is loaded on demand. */
export type HistorySnapshot = {
  readonly messages: readonly MessageView[]
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  /** The first unread message at the time of opening: where the divider stands. */
  readonly firstUnread?: MessageId
  /** Unread messages now, for *jump to latest*. */
  readonly unread: number
}

export interface History extends AsyncDisposable {
  readonly state: Observable<HistorySnapshot>
  loadOlder(options?: CallOptions): Promise<void>
  loadNewer(options?: CallOptions): Promise<void>
  jumpToLatest(options?: CallOptions): Promise<void>
  /** Moves the window there, unless the message is in it. False: it is not in this conversation, or not any more. */
  jumpTo(message: MessageId, options?: CallOptions): Promise<boolean>
  /** Everything up to and including this message was seen. */
  markRead(upTo: MessageId, options?: CallOptions): Promise<void>
}

export type OfflineReason =
  | 'no_network'
  | 'no_node_reachable'
  | 'directory_unavailable'
  | 'directory_stale'
  | 'wrong_network'

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly since: UnixMillis }
  | { readonly kind: 'offline'; readonly reason: OfflineReason; readonly lastContact?: UnixMillis }

export type HopView = {
  readonly role: 'guard' | 'relay' | 'lastHop'
  readonly nodeId: NodeId
  readonly operator: string
  readonly since: UnixMillis
}

/** The network as this client sees it. */
export type NetworkView = {
  readonly connection: Connection
  readonly networkName: string
  readonly path?: { readonly hops: readonly HopView[]; readonly roundTrip?: Millis }
  /** Members of the own swarm, and whether they answered last. */
  readonly swarm: readonly { readonly nodeId: NodeId; readonly answering: boolean }[]
  readonly directory?: {
    readonly epoch: number
    readonly nodes: number
    readonly signatures: number
    readonly threshold: number
    readonly stale: boolean
  }
  /** Our clock minus the network's, where it is beyond what nodes tolerate (10 s). */
  readonly clockSkew?: Millis
  /** While a backlog of 20 messages or more is taken in: how many so far, in steps of 20. */
  readonly catchingUp?: { readonly handled: number }
  /** How many services the network file lists that fetch pages for link previews; absent: none, and there are no previews. */
  readonly previewServices?: number
}

/** What `checkPhrase` says of a phrase as typed so far. */
export type PhraseCheck =
  | { readonly kind: 'ok' }
  | { readonly kind: 'incomplete'; readonly words: number }
  | { readonly kind: 'wrong'; readonly code: RecoveryPhraseError['code']; readonly wordIndex?: number }

export interface Client extends DeviceData, AsyncDisposable {
  readonly session: Observable<SessionState>
  readonly conversations: Observable<ConversationList>
  readonly network: Observable<NetworkView>
  readonly settings: Observable<Settings>
  /** What this and other devices did, for finding faults. */
  readonly events: Observable<EventLog>
  readonly files: FileCalls

  /** @throws {MalformedInputError} `display_name` */
  createAccount(options: { displayName: string } & CallOptions): Promise<void>
  /** Resolves when the account is `ready` or `needsName`, after 15 s at the latest. @throws {RecoveryPhraseError} */
  restoreAccount(options: { phrase: string } & CallOptions): Promise<void>
  setDisplayName(displayName: string, options?: CallOptions): Promise<void>
  /** A picture that was uploaded; `undefined` removes it. Contacts get it with the next message, own devices at once. */
  setProfilePicture(picture: ProfilePicture | undefined, options?: CallOptions): Promise<void>
  changeSettings(change: Partial<Settings>, options?: CallOptions): Promise<void>
  /** The recovery phrase, for showing it once. */
  revealPhrase(options?: CallOptions): Promise<string>
  /** True and remembered, if the words at these positions (0-based) are right. */
  confirmPhrase(words: readonly { index: number; word: string }[], options?: CallOptions): Promise<boolean>
  /** Deletes the account and everything else from this device. */
  eraseDevice(options?: CallOptions): Promise<void>

  /** Opens or makes the conversation with an account. @throws {MalformedInputError} `account_id` */
  startConversation(accountId: string, options?: CallOptions): Promise<ConversationId>
  /**
   * Durable in the outbox when it resolves; delivery shows up in `history` and `conversations`.
   * A text over 2,000 code points goes as several messages, in one write: the ID is that of the last.
   * @throws {MalformedInputError} `message_text`: empty, or more than 20 messages.
   * @throws {ActionError} `unknown_message`: the quoted one is not in this conversation
   */
  send(conversation: ConversationId, draft: string | MessageDraft, options?: CallOptions): Promise<MessageId>
  retry(message: MessageId, options?: CallOptions): Promise<void>
  /** One of each emoji; a repeat changes nothing. @throws {ActionError} `unknown_message`, `rate_limited`: over 20 in a minute */
  react(message: MessageId, emoji: string, options?: CallOptions): Promise<void>
  removeReaction(message: MessageId, emoji: string, options?: CallOptions): Promise<void>
  /** The same as `deleteMessages` from `thisDevice`. */
  deleteForMe(message: MessageId, options?: CallOptions): Promise<void>
  /** Done here when it resolves; swarm and other devices follow. @throws {ActionError} `not_own_message`, before anything is deleted */
  deleteMessages(messages: readonly MessageId[], scope: DeletionScope, options?: CallOptions): Promise<void>
  /**
   * From now on messages that we send disappear so; `undefined`: never. The other side is told, and keeps its own setting.
   * @throws {ActionError} `not_allowed`: a note to oneself cannot disappear after reading; less than 1 s or more than 14 days
   */
  setExpiration(conversation: ConversationId, expiration: Expiration | undefined, options?: CallOptions): Promise<void>
  /** Call it at every key: contacts are told at most every 10 s, if `settings` and approval allow. `false`: paused or left. */
  setTyping(conversation: ConversationId, isTyping: boolean, options?: CallOptions): Promise<void>
  /** A file of theirs was saved: a courtesy to approved contacts, who see a line. */
  reportMediaSaved(message: MessageId, options?: CallOptions): Promise<void>
  /** Resolves when the network has every message and change of this device: before a program ends, for example. */
  flush(options?: CallOptions): Promise<void>
  history(conversation: ConversationId, options?: CallOptions): Promise<History>
  updateConversation(conversation: ConversationId, change: ConversationChange, options?: CallOptions): Promise<void>
  /**
   * 60 digits that both sides of a conversation get from their two account IDs, for comparing them in person or on a call.
   * docs/protocol/identity.md §6.
   */
  safetyNumber(conversation: ConversationId, options?: CallOptions): Promise<string>
  /** Deletes the conversation and its messages from this device. */
  deleteConversation(conversation: ConversationId, options?: CallOptions): Promise<void>
}

export type ConversationChange = {
  readonly pinned?: boolean
  /** True without `mutedUntil`: for good. */
  readonly muted?: boolean
  /** Mutes until then. */
  readonly mutedUntil?: UnixMillis
  readonly blocked?: boolean
  /** True accepts a request. */
  readonly accepted?: true
  readonly markedUnread?: boolean
  /** Kept on this device alone, until the conversation is deleted. An account ID is a key, so that it cannot come to belong to somebody else. */
  readonly verified?: boolean
  /** Empty: none. */
  readonly nickname?: string
  readonly draft?: string
  /** What the draft answers; empty: nothing. Goes with the draft when a message is sent. */
  readonly draftQuote?: MessageId | ''
}
