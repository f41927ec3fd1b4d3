/** The public API, continued: what messages look like, and what a person does with them. Plain, immutable values. */
import type {
  AccountId,
  Brand,
  Expiration,
  Invitation,
  MessageRef,
  UnixMillis,
  UnsupportedContent,
} from '@starling/protocol'
import type { ConversationId } from './api.ts'

/** Names one message on this device. */
export type MessageId = Brand<string, 'MessageId'>

/** `on` of `of` members of the recipient's swarm signed that they have it. */
type OnMembers = { readonly on: number; readonly of: number }

/** Delivery of an own message: never `stored` for something only local, and never back to an earlier state. */
export type Delivery =
  | { readonly kind: 'queued'; readonly waitingForNetwork: boolean; readonly of: number }
  | ({ readonly kind: 'stored' } & OnMembers)
  /** A device of theirs has it, as it says. Only devices that run this client say so. */
  | ({ readonly kind: 'delivered' } & OnMembers)
  /** They have read it, as their device says. */
  | ({ readonly kind: 'read' } & OnMembers)
  | { readonly kind: 'failed'; readonly reason: DeliveryFailure }

export type DeliveryFailure = 'refused' | 'expired' | 'clock_skew' | 'too_large' | 'unreachable'

export type MessageView = {
  readonly id: MessageId
  readonly conversation: ConversationId
  readonly author: AccountId
  readonly direction: 'incoming' | 'outgoing'
  readonly body: MessageBody
  /** By the sender's clock. Unique among the author's messages. */
  readonly sentAt: UnixMillis
  /** Own messages only. */
  readonly delivery?: Delivery
  /** The author took it back, or we did for everyone: a placeholder with an empty text and nothing else. */
  readonly deleted?: true
  readonly quote?: QuoteView
  readonly reactions: readonly ReactionView[]
  readonly mentions: readonly MentionView[]
  readonly attachments: readonly AttachmentView[]
  readonly previews: readonly LinkPreviewView[]
  readonly invitation?: Invitation
  readonly expiry?: ExpiryView
}

/** Texts are hostile: show them as text only. Empty, where the message is nothing but attachments, or deleted. */
export type MessageBody =
  | { readonly kind: 'text'; readonly text: string }
  /** Something that this version cannot show: a quiet line. */
  | { readonly kind: 'unsupported'; readonly what?: UnsupportedContent['what'] | 'invitation' }
  /** Something that happened, told by the side that `author` names. */
  | { readonly kind: 'notice'; readonly notice: Notice }

export type Notice =
  /** The author's setting is this one now, or off. Ours does not follow by itself: see `setExpiration`. */
  | { readonly kind: 'timerChanged'; readonly expiration?: Expiration }
  | { readonly kind: 'requestAccepted' }
  | { readonly kind: 'screenshot' }
  /** `savedAt`: the time of the message that was saved. */
  | { readonly kind: 'mediaSaved'; readonly savedAt?: UnixMillis }

/** The quoted message is looked up on this device; `missing`: it is not here, or not any more. */
export type QuoteView = { readonly ref: MessageRef; readonly author: AccountId } & (
  | { readonly state: 'missing' }
  /** `text`: '' if it has none. */
  | { readonly state: 'found'; readonly messageId: MessageId; readonly text: string }
)

export type ReactionView = { readonly emoji: string; readonly authors: readonly AccountId[]; readonly mine: boolean }

/** `@` and an account ID in the text, from `start` to before `end`, in UTF-16 units. */
export type MentionView = {
  readonly account: AccountId
  readonly start: number
  readonly end: number
  readonly isSelf: boolean
}

/** All of it is the sender's word. `index`: its place in the message; pictures of previews stand behind the attachments. */
export type AttachmentView = {
  readonly index: number
  /** Of the file, in bytes. */
  readonly size?: number
  readonly contentType?: string
  readonly fileName?: string
  readonly isVoice: boolean
  readonly width?: number
  readonly height?: number
  readonly caption?: string
}

/**
 * Made by the sender, and never fetched by us. `url` stands in the text of the message. `title`: at most 300 code points.
 * `image`: to be had by `download`, as a file of the message.
 */
export type LinkPreviewView = { readonly url: string; readonly title?: string; readonly image?: AttachmentView }

/** The message disappears at `deadline`; no deadline yet: it has not been read, or not been stored. */
export type ExpiryView = Expiration & { readonly deadline?: UnixMillis }

/** What is to be sent. At least one of text (1 … 2,000 code points, not white space alone) and attachments. */
export type MessageDraft = {
  readonly text?: string
  /** The message that this one answers: one of this conversation. */
  readonly quote?: MessageId
  readonly attachments?: readonly OutgoingAttachment[]
  readonly preview?: OutgoingPreview
}

/** A file that was uploaded already: where it lies, and how to open it. */
export type OutgoingAttachment = {
  readonly url: string
  readonly key: Uint8Array
  readonly digest?: Uint8Array
  readonly size?: number
  readonly contentType?: string
  readonly fileName?: string
  readonly isVoice?: boolean
  readonly width?: number
  readonly height?: number
  readonly caption?: string
}

export type OutgoingPreview = { readonly url: string; readonly title?: string; readonly image?: OutgoingAttachment }

/**
 * `thisDevice`: from here alone. `myDevices`: from all devices of the account, and from its swarm. `everyone`: own messages
 * only: from there as well, and the other side is asked to delete it. It may have been read, and other clients may keep it.
 */
export type DeletionScope = 'thisDevice' | 'myDevices' | 'everyone'
