/** The content of an own message of every kind. docs/protocol/envelope.md §6. */
import type { UnixMillis } from '../brand.ts'
import { MalformedInputError, unreachable } from '../errors.ts'
import type { AccountId } from '../identity/account-id.ts'
import type { Content } from './generated/content.ts'
import type { AttachmentPointer, DataMessage, Profile } from './generated/data-message.ts'
import {
  type Attachment,
  type Expiration,
  type LinkPreview,
  MAX_ATTACHMENTS,
  MAX_RECEIPT_TIMES,
  type MessageRef,
  type OutgoingContent,
  type SenderProfile,
} from './message-content.ts'
import { assertTextLength, MessageTextError } from './message-text.ts'
import { isEmoji } from './read-parts.ts'

const TIMER_CHANGED = 2
const VOICE = 1
const RECEIPT = { deliveryReceipt: 0, readReceipt: 1 } as const
const EXPIRATION = { afterRead: 1, afterSend: 2 } as const
const EXTRACTION = { screenshot: 1, mediaSaved: 2 } as const

export type BuildOptions = {
  /** When it is sent; unique among all that the account ever sends. */
  readonly timestamp: UnixMillis
  /** Of the conversation; with `timerChange`: what it becomes. Absent: off. */
  readonly expiration?: Expiration | undefined
  /** Ours, whole. Goes with what others show as ours, not into a copy to oneself. */
  readonly profile?: SenderProfile | undefined
  /** In a copy to oneself: the account that it was sent to. */
  readonly syncTarget?: AccountId | undefined
}

/**
 * The timer of disappearing messages is always written: its absence would look like an old client.
 *
 * @throws {MessageTextError} `message_text`: nothing to be seen, or more than 2,000 code points.
 * @throws {MalformedInputError} `attachment`: more than 32; `reaction`: no emoji; `link_preview`: its address is not in the
 * text; `envelope`: a receipt of no or of more than 1,000 messages.
 */
export function buildContent(draft: OutgoingContent, options: BuildOptions): Content {
  const { expiration, timestamp } = options
  return {
    ...buildKind(draft, options),
    expirationType: expiration === undefined ? 0 : EXPIRATION[expiration.mode],
    expirationTimer: expiration?.seconds ?? 0,
    sigTimestamp: BigInt(timestamp),
  }
}

function buildKind(draft: OutgoingContent, options: BuildOptions): Content {
  switch (draft.kind) {
    case 'visible':
      return { dataMessage: { ...visibleParts(draft), ...belonging(options) } }
    case 'reaction':
      return { dataMessage: { reaction: reactionOf(draft), ...belonging(options) } }
    case 'timerChange':
      return { dataMessage: { flags: TIMER_CHANGED, ...belonging(options) } }
    case 'readReceipt':
    case 'deliveryReceipt':
      return { receiptMessage: { type: RECEIPT[draft.kind], timestamp: receiptTimes(draft.timestamps) } }
    case 'typing':
      return { typingMessage: { timestamp: BigInt(options.timestamp), action: draft.action === 'started' ? 0 : 1 } }
    case 'unsend':
      return { unsendRequest: { timestamp: BigInt(draft.target.sentAt), author: draft.target.author } }
    case 'requestResponse':
      return { messageRequestResponse: { isApproved: true, ...profileParts(options.profile) } }
    case 'dataExtraction': {
      const at = draft.at === undefined ? {} : { timestamp: BigInt(draft.at) }
      return { dataExtractionNotification: { type: EXTRACTION[draft.what], ...at } }
    }
    default:
      return unreachable(draft)
  }
}

function visibleParts(draft: Extract<OutgoingContent, { kind: 'visible' }>): DataMessage {
  const { text = '', attachments = [], previews = [], quote, invitation } = draft
  const hasText = text.trim() !== ''
  if (!hasText && attachments.length === 0 && invitation === undefined) throw new MessageTextError('empty', 0)
  assertTextLength(text)
  if (attachments.length > MAX_ATTACHMENTS) throw new MalformedInputError('attachment', `${attachments.length}`)
  return {
    ...(hasText ? { body: text } : {}),
    ...(attachments.length === 0 ? {} : { attachments: attachments.map(pointerOf) }),
    ...(quote === undefined ? {} : { quote: refOf(quote) }),
    ...(previews.length === 0 ? {} : { preview: previews.map((preview) => previewOf(preview, text)) }),
    ...(invitation === undefined ? {} : { openGroupInvitation: invitation }),
  }
}

/** A copy to oneself says for whom it was, and nothing about us. */
function belonging({ profile, syncTarget }: BuildOptions): Pick<DataMessage, 'profile' | 'profileKey' | 'syncTarget'> {
  return syncTarget === undefined ? profileParts(profile) : { syncTarget }
}

function profileParts(profile: SenderProfile | undefined): { profile?: Profile; profileKey?: Uint8Array } {
  if (profile === undefined) return {}
  const { name, picture, updatedSeconds } = profile
  return {
    ...(picture === undefined ? {} : { profileKey: picture.key }),
    profile: {
      ...(name === undefined ? {} : { displayName: name }),
      ...(picture === undefined ? {} : { profilePicture: picture.url }),
      lastProfileUpdateSeconds: BigInt(updatedSeconds),
    },
  }
}

function reactionOf({ target, emoji, action }: Extract<OutgoingContent, { kind: 'reaction' }>) {
  if (!isEmoji(emoji)) throw new MalformedInputError('reaction', `${emoji.length} characters`)
  return { ...refOf(target), emoji, action: action === 'react' ? 0 : 1 } as const
}

function receiptTimes(times: readonly UnixMillis[]): bigint[] {
  if (times.length === 0 || times.length > MAX_RECEIPT_TIMES) {
    throw new MalformedInputError('envelope', `receipt of ${times.length}`)
  }
  return times.map(BigInt)
}

function previewOf({ url, title, image }: LinkPreview, text: string) {
  // Whoever receives it would leave it out.
  if (!text.includes(url)) throw new MalformedInputError('link_preview', `address of ${url.length} characters`)
  return {
    url,
    ...(title === undefined ? {} : { title }),
    ...(image === undefined ? {} : { image: pointerOf(image) }),
  }
}

function pointerOf(attachment: Attachment): AttachmentPointer {
  const { isVoice, contentType = 'application/octet-stream', ...rest } = attachment
  // The ID of a file means nothing anymore, but parsers demand it; so does iOS the type.
  return { id: 0n, contentType, ...rest, ...(isVoice ? { flags: VOICE } : {}) }
}

function refOf({ author, sentAt }: MessageRef): { id: bigint; author: string } {
  return { id: BigInt(sentAt), author }
}
