/** What a received content amounts to. docs/protocol/envelope.md §6. */
import type { UnixMillis } from '../brand.ts'
import type { AccountId } from '../identity/account-id.ts'
import { CallMessage_Type, type Content, type ReceiptMessage } from './generated/content.ts'
import type { DataMessage, Reaction } from './generated/data-message.ts'
import {
  type InvalidContent,
  MAX_ATTACHMENTS,
  MAX_TEXT_LENGTH,
  type ReadContent,
  type ReadContentCommon,
  type UnsupportedContent,
} from './message-content.ts'
import { firstCodePoints } from './message-text.ts'
import {
  isEmoji,
  readAccountId,
  readAttachment,
  readExpiration,
  readInvitation,
  readPreviews,
  readProfile,
  readRef,
  readTime,
} from './read-parts.ts'

/** Of a sender who pays for it, which we take on trust: nothing depends on it. */
const MAX_LONG_TEXT_LENGTH = 10_000
const LONG_TEXT = 1n
const TIMER_CHANGED = 2
const SCREENSHOT = 1
const MEDIA_SAVED = 2

type WithoutCommon<T> = T extends unknown ? Omit<T, keyof ReadContentCommon> : never
type Kind = WithoutCommon<ReadContent>

export type ReadOptions = {
  /** Who verifiably wrote it. */
  readonly sender: AccountId
  readonly self: AccountId
  /** It has parts that this version does not know. */
  readonly hasForeignParts?: boolean
}

/**
 * What a content amounts to for the account `self`. Where several kinds are set, the first of a fixed order counts, as in
 * other clients. Bytes of the result are its own; all of it is the sender's word.
 */
export function readContent(content: Content, options: ReadOptions): ReadContent {
  const kind = readKind(content, options)
  const expiration = readExpiration(content)
  if (options.sender !== options.self) return { ...kind, ...profileOf(content, kind), ...expiration } as ReadContent
  return { ...fromOwnDevice(kind, content), ...expiration } as ReadContent
}

function readKind(content: Content, options: ReadOptions): Kind {
  const { dataMessage, dataExtractionNotification: extraction } = content
  if (content.receiptMessage) return readReceipt(content.receiptMessage)
  if (content.typingMessage) {
    return { kind: 'typing', action: content.typingMessage.action === 1 ? 'stopped' : 'started' }
  }
  if (dataMessage?.groupUpdateMessage) return groupUpdate(dataMessage)
  if (extraction) return readExtraction(extraction)
  if (dataMessage?.flags === TIMER_CHANGED) return { kind: 'timerChange' }
  if (content.unsendRequest) return readUnsend(content.unsendRequest, options)
  if (content.messageRequestResponse) {
    return content.messageRequestResponse.isApproved ? { kind: 'requestResponse' } : invalid('not_approved')
  }
  if (content.sharedConfigMessage) return unsupported('sharedConfig', false)
  if (dataMessage) return readDataMessage(dataMessage, content, options)
  if (content.callMessage) return unsupported('call', content.callMessage.type === CallMessage_Type.PRE_OFFER)
  return options.hasForeignParts ? unsupported('unknown', true) : invalid('empty')
}

function readReceipt({ type, timestamp = [] }: ReceiptMessage): Kind {
  const times = timestamp.map(readTime).filter((time): time is UnixMillis => time !== undefined)
  const timestamps = [...new Set(times)]
  if (timestamps.length === 0) return invalid('empty')
  if (type === 1) return { kind: 'readReceipt', timestamps }
  return type === 0 ? { kind: 'deliveryReceipt', timestamps } : unsupported('unknown', false)
}

function groupUpdate({ groupUpdateMessage: update }: DataMessage): UnsupportedContent {
  const isInvitation = update?.inviteMessage !== undefined || update?.promoteMessage !== undefined
  return isInvitation ? unsupported('groupInvitation', true) : unsupported('groupUpdate', false)
}

function readExtraction({ type, timestamp }: NonNullable<Content['dataExtractionNotification']>): Kind {
  const at = readTime(timestamp)
  const time = at === undefined ? {} : { at }
  if (type === SCREENSHOT) return { kind: 'dataExtraction', what: 'screenshot', ...time }
  if (type === MEDIA_SAVED) return { kind: 'dataExtraction', what: 'mediaSaved', ...time }
  return unsupported('unknown', false)
}

/** Only authors take back what they wrote; our own devices may also take away what others wrote to us. */
function readUnsend({ author, timestamp }: NonNullable<Content['unsendRequest']>, options: ReadOptions): Kind {
  const target = readRef(author, timestamp)
  if (target === undefined) return invalid('reference')
  if (target.author !== options.sender && options.sender !== options.self) return invalid('not_the_author')
  return { kind: 'unsend', target }
}

function readDataMessage(message: DataMessage, content: Content, options: ReadOptions): Kind {
  const { flags = 0, attachments: pointers = [] } = message
  if ((flags & ~TIMER_CHANGED) !== 0) return invalid('flags')
  if (pointers.length > MAX_ATTACHMENTS) return invalid('attachments')
  if (message.reaction) return readReaction(message.reaction)
  const body = firstCodePoints(message.body ?? '', mostCodePoints(content))
  const text = body.trim() === '' ? '' : body
  const attachments = pointers.map(readAttachment)
  const invitation = readInvitation(message.openGroupInvitation)
  if (text === '' && attachments.every(({ url }) => url === '') && invitation === undefined) {
    // Attachments without an address, or something that a later version says in a message.
    const isSomething = pointers.length > 0 || message.openGroupInvitation !== undefined || options.hasForeignParts
    return isSomething ? unsupported('unknown', true) : invalid('empty')
  }
  const quote = message.quote && readRef(message.quote.author, message.quote.id)
  return {
    kind: 'visible',
    text,
    attachments,
    previews: readPreviews(message.preview ?? [], text),
    ...(quote === undefined ? {} : { quote }),
    ...(invitation === undefined ? {} : { invitation }),
  }
}

function mostCodePoints({ proMessage }: Content): number {
  return ((proMessage?.msgBitset ?? 0n) & LONG_TEXT) === 0n ? MAX_TEXT_LENGTH : MAX_LONG_TEXT_LENGTH
}

function readReaction({ author, id, emoji = '', action = 0 }: Reaction): Kind {
  const target = readRef(author, id)
  if (target === undefined) return invalid('reference')
  if (!isEmoji(emoji) || action < 0 || action > 1) return invalid('reaction')
  return { kind: 'reaction', target, emoji, action: action === 1 ? 'remove' : 'react' }
}

function profileOf(content: Content, { kind }: Kind): Pick<ReadContentCommon, 'profile'> {
  if (kind === 'invalid') return {}
  const { dataMessage, messageRequestResponse: response } = content
  const profile =
    kind === 'requestResponse'
      ? readProfile(response?.profile, response?.profileKey)
      : readProfile(dataMessage?.profile, dataMessage?.profileKey)
  return profile === undefined ? {} : { profile }
}

/** From the own account only what it sends to its other devices counts, and only there does `syncTarget`. */
function fromOwnDevice(
  kind: Kind,
  { dataMessage, callMessage }: Content,
): Kind & Pick<ReadContentCommon, 'syncTarget'> {
  switch (kind.kind) {
    case 'invalid':
    case 'unsend':
      return kind
    case 'visible':
    case 'reaction':
    case 'timerChange':
      return withSyncTarget(kind, dataMessage)
    case 'unsupported':
      if (kind.what === 'unknown') return withSyncTarget(kind, dataMessage)
      return isSyncedCall(callMessage) ? kind : invalid('self_sent')
    default:
      return invalid('self_sent')
  }
}

function withSyncTarget(kind: Kind, message: DataMessage | undefined): Kind & Pick<ReadContentCommon, 'syncTarget'> {
  if (message?.syncTarget === undefined) return invalid('self_sent')
  const syncTarget = readAccountId(message.syncTarget)
  return syncTarget === undefined ? invalid('sync_target') : { ...kind, syncTarget }
}

function isSyncedCall(call: Content['callMessage']): boolean {
  return call?.type === CallMessage_Type.ANSWER || call?.type === CallMessage_Type.END_CALL
}

function unsupported(what: UnsupportedContent['what'], isVisible: boolean): UnsupportedContent {
  return { kind: 'unsupported', what, isVisible }
}

function invalid(reason: InvalidContent['reason']): InvalidContent {
  return { kind: 'invalid', reason }
}
