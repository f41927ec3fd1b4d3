/** What one person tells another, of every kind: what is read from a content, and what a content is built of. docs/protocol/envelope.md §6. */
import type { UnixMillis } from '../brand.ts'
import type { AccountId } from '../identity/account-id.ts'
import type { DisplayName } from '../identity/display-name.ts'

/** In Unicode code points. */
export const MAX_TEXT_LENGTH = 2000
export const MAX_ATTACHMENTS = 32
/** Of one receipt that we write. */
export const MAX_RECEIPT_TIMES = 1000

/** The address of a message: an author's times are unique. */
export type MessageRef = { readonly author: AccountId; readonly sentAt: UnixMillis }

/** When a message disappears; absent: never. At least 1 second. */
export type Expiration = { readonly mode: 'afterRead' | 'afterSend'; readonly seconds: number }

/** A picture that lies encrypted on a server; `key` has 32 bytes. docs/protocol/attachment.md §3. */
export type ProfilePicture = { readonly url: string; readonly key: Uint8Array }

/** All that a sender shows of itself: what is absent was removed. */
export type SenderProfile = {
  readonly name?: DisplayName
  readonly picture?: ProfilePicture
  /** Counts when it is larger than that of what is known; 0: of an old client. */
  readonly updatedSeconds: number
}

/** Where a file lies and how to open it. All of it is the sender's word: never trust `contentType` and `fileName`. */
export type Attachment = {
  /** Empty, where the sender gave none by which it could be fetched. */
  readonly url: string
  /** 64 bytes: legacy, with `digest`; 32 bytes: encrypted stream; absent: not encrypted. docs/protocol/attachment.md §1. */
  readonly key?: Uint8Array
  /** 32 bytes. */
  readonly digest?: Uint8Array
  /** Of the plain file, in bytes. */
  readonly size?: number
  readonly contentType?: string
  readonly fileName?: string
  readonly isVoice: boolean
  readonly width?: number
  readonly height?: number
  readonly caption?: string
}

export type LinkPreview = { readonly url: string; readonly title?: string; readonly image?: Attachment }

/** An invitation to a community: `url` names server, room and key. */
export type Invitation = { readonly url: string; readonly name: string }

export type VisibleContent = {
  readonly kind: 'visible'
  /** At most 2,000 code points, '' if there is none. Hostile: never markup. */
  readonly text: string
  readonly attachments: readonly Attachment[]
  readonly quote?: MessageRef
  readonly previews: readonly LinkPreview[]
  readonly invitation?: Invitation
}

/** What reads the same as it was written. */
type SimpleContent =
  | {
      readonly kind: 'reaction'
      readonly target: MessageRef
      readonly emoji: string
      readonly action: 'react' | 'remove'
    }
  /** The new setting is the `expiration` beside it. */
  | { readonly kind: 'timerChange' }
  | { readonly kind: 'readReceipt'; readonly timestamps: readonly UnixMillis[] }
  /** A device of theirs has these messages. docs/protocol/extensions.md §5. */
  | { readonly kind: 'deliveryReceipt'; readonly timestamps: readonly UnixMillis[] }
  | { readonly kind: 'typing'; readonly action: 'started' | 'stopped' }
  | { readonly kind: 'unsend'; readonly target: MessageRef }
  /** They accept our messages. */
  | { readonly kind: 'requestResponse' }
  | { readonly kind: 'dataExtraction'; readonly what: 'screenshot' | 'mediaSaved'; readonly at?: UnixMillis }

/** Well formed, but nothing that this version acts on. `isVisible`: a person would miss it, so a line stands for it. */
export type UnsupportedContent = {
  readonly kind: 'unsupported'
  readonly what: 'call' | 'groupInvitation' | 'groupUpdate' | 'sharedConfig' | 'unknown'
  readonly isVisible: boolean
}

/** To be dropped. */
export type InvalidContent = {
  readonly kind: 'invalid'
  readonly reason:
    | 'empty'
    | 'flags'
    | 'attachments'
    | 'reaction'
    | 'reference'
    | 'not_the_author'
    | 'not_approved'
    | 'sync_target'
    | 'self_sent'
}

export type ReadContentCommon = {
  readonly profile?: SenderProfile
  /** Only in what another device of ours sent: file it as sent, in the conversation with this account. */
  readonly syncTarget?: AccountId
  readonly expiration?: Expiration
  /** The fields of expiration were there. Their total absence marks an old client, which says nothing about its setting. */
  readonly saysExpiration: boolean
}

/** What a received content amounts to. */
export type ReadContent = (VisibleContent | SimpleContent | UnsupportedContent | InvalidContent) & ReadContentCommon

/** What is to be said. A visible message has text that is not white space alone, attachments or an invitation. */
export type OutgoingContent =
  | {
      readonly kind: 'visible'
      readonly text?: string
      readonly attachments?: readonly Attachment[]
      readonly quote?: MessageRef
      readonly previews?: readonly LinkPreview[]
      readonly invitation?: Invitation
    }
  | SimpleContent
