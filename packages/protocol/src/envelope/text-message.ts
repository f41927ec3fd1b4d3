/** Text messages: how they are written, and what a received content amounts to. docs/protocol/envelope.md §6. */
import type { UnixMillis } from '../brand.ts'
import { MalformedInputError } from '../errors.ts'
import { type AccountId, parseAccountId } from '../identity/account-id.ts'
import { type DisplayName, truncateDisplayName } from '../identity/display-name.ts'
import type { Content } from './generated/content.ts'
import type { DataMessage, Profile } from './generated/data-message.ts'
import { MAX_ATTACHMENTS, MAX_TEXT_LENGTH } from './message-content.ts'
import { firstCodePoints, MessageTextError } from './message-text.ts'

const TIMER_CHANGED = 2

export type UnsupportedKind =
  | 'receipt'
  | 'typing'
  | 'groupUpdate'
  | 'dataExtraction'
  | 'timerChange'
  | 'unsend'
  | 'requestResponse'
  | 'sharedConfig'
  | 'reaction'
  | 'attachments'
  | 'invitation'
  | 'call'

/** `invalid` is to be dropped; `unsupported` is well formed, but nothing that this version acts on. */
export type ReadContent =
  | {
      readonly kind: 'text'
      /** Not white space alone, at most 2000 code points. Hostile: never markup. */
      readonly body: string
      /** The name that the sender gives itself now. */
      readonly profileName?: DisplayName
      /** Seconds; a profile counts when this is larger than what is known of the sender's. */
      readonly profileUpdatedSeconds?: number
      /** A copy from another device of ours: file it as sent, in the conversation with this account. */
      readonly syncTarget?: AccountId
    }
  | { readonly kind: 'unsupported'; readonly what: UnsupportedKind }
  | {
      readonly kind: 'invalid'
      readonly reason: 'empty' | 'flags' | 'attachments' | 'sync_target' | 'self_sent_without_target'
    }

/**
 * The content of a text message. The copy to oneself has `syncTarget`, the recipient's account ID, and no profile. The
 * timer of disappearing messages is written as off: absence would look like an old client.
 *
 * @throws {MessageTextError} `message_text`: white space alone, or more than 2000 code points.
 */
export function textContent(options: {
  body: string
  timestamp: UnixMillis
  profile?: { readonly displayName: DisplayName }
  /** Only together with `profile`. */
  profileUpdatedSeconds?: number
  syncTarget?: AccountId
}): Content {
  const { body, profile, profileUpdatedSeconds, syncTarget } = options
  const length = [...body].length
  if (body.trim() === '') throw new MessageTextError('empty', length)
  if (length > MAX_TEXT_LENGTH) throw new MessageTextError('too_long', length)
  const lastProfileUpdateSeconds = profileUpdatedSeconds === undefined ? undefined : BigInt(profileUpdatedSeconds)
  return {
    dataMessage: {
      body,
      profile: profile && syncTarget === undefined ? { ...profile, lastProfileUpdateSeconds } : undefined,
      syncTarget,
    },
    expirationType: 0,
    expirationTimer: 0,
    sigTimestamp: BigInt(options.timestamp),
  }
}

/**
 * What a content amounts to for the account `self`, when `sender` verifiably wrote it. Where several kinds are set, the
 * first of a fixed order counts, as in other clients.
 */
export function readContent(content: Content, options: { sender: AccountId; self: AccountId }): ReadContent {
  const what = controlKind(content)
  if (what !== undefined) return { kind: 'unsupported', what }
  if (content.dataMessage !== undefined) return readDataMessage(content.dataMessage, options)
  if (content.callMessage !== undefined) return { kind: 'unsupported', what: 'call' }
  return { kind: 'invalid', reason: 'empty' }
}

function controlKind(content: Content): UnsupportedKind | undefined {
  if (content.receiptMessage) return 'receipt'
  if (content.typingMessage) return 'typing'
  if (content.dataMessage?.groupUpdateMessage) return 'groupUpdate'
  if (content.dataExtractionNotification) return 'dataExtraction'
  if (content.unsendRequest) return 'unsend'
  if (content.messageRequestResponse) return 'requestResponse'
  if (content.sharedConfigMessage) return 'sharedConfig'
  return undefined
}

function readDataMessage(message: DataMessage, options: { sender: AccountId; self: AccountId }): ReadContent {
  const { flags = 0, attachments = [] } = message
  const body = firstCodePoints(message.body ?? '', MAX_TEXT_LENGTH)
  if ((flags & ~TIMER_CHANGED) !== 0) return { kind: 'invalid', reason: 'flags' }
  if (attachments.length > MAX_ATTACHMENTS) return { kind: 'invalid', reason: 'attachments' }
  if (flags === TIMER_CHANGED) return { kind: 'unsupported', what: 'timerChange' }
  if (message.reaction) return { kind: 'unsupported', what: 'reaction' }
  if (body.trim() !== '') return readText(message, body, options)
  if (attachments.length > 0) return { kind: 'unsupported', what: 'attachments' }
  if (message.openGroupInvitation) return { kind: 'unsupported', what: 'invitation' }
  return { kind: 'invalid', reason: 'empty' }
}

function readText(message: DataMessage, body: string, options: { sender: AccountId; self: AccountId }): ReadContent {
  // Only our own devices may say that a message was ours: from anybody else the field means nothing.
  if (options.sender !== options.self) return { kind: 'text', body, ...readProfile(message.profile) }
  if (message.syncTarget === undefined) return { kind: 'invalid', reason: 'self_sent_without_target' }
  const syncTarget = readAccountId(message.syncTarget)
  return syncTarget === undefined ? { kind: 'invalid', reason: 'sync_target' } : { kind: 'text', body, syncTarget }
}

function readProfile(profile: Profile | undefined): { profileName?: DisplayName; profileUpdatedSeconds?: number } {
  const profileName = truncateDisplayName(profile?.displayName ?? '')
  if (profileName === undefined) return {}
  const seconds = profile?.lastProfileUpdateSeconds
  return seconds === undefined || seconds > BigInt(Number.MAX_SAFE_INTEGER)
    ? { profileName }
    : { profileName, profileUpdatedSeconds: Number(seconds) }
}

function readAccountId(text: string): AccountId | undefined {
  try {
    return parseAccountId(text)
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined
    throw error
  }
}
