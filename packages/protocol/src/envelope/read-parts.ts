/** Parts of a received message, each bounded: what is too long is cut, what makes no sense is left out. docs/protocol/envelope.md §6. */
import { MAX_UNIX_MILLIS, type UnixMillis, unixMillis } from '../brand.ts'
import { MalformedInputError } from '../errors.ts'
import { type AccountId, parseAccountId } from '../identity/account-id.ts'
import { truncateDisplayName } from '../identity/display-name.ts'
import type { Content } from './generated/content.ts'
import type { AttachmentPointer, OpenGroupInvitation, Preview, Profile } from './generated/data-message.ts'
import type {
  Attachment,
  Expiration,
  Invitation,
  LinkPreview,
  MessageRef,
  ReadContentCommon,
  SenderProfile,
} from './message-content.ts'
import { MAX_TEXT_LENGTH } from './message-content.ts'
import { firstCodePoints } from './message-text.ts'

const MAX_URL_LENGTH = 2048
const MAX_NAME_LENGTH = 255
const MAX_TITLE_LENGTH = 300
const MAX_PREVIEWS = 4
const PICTURE_KEY_SIZE = 32
const DIGEST_SIZE = 32
const VOICE = 1
/** Control characters, and those that turn the direction of text around: a name must not look like another. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const EMOJI =
  /^(?=.*[\p{S}\p{N}\p{P}])[^\p{L}\p{Z}\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]{1,16}$/u

export function readExpiration(content: Content): Pick<ReadContentCommon, 'expiration' | 'saysExpiration'> {
  const { expirationType, expirationTimer } = content
  const saysExpiration = expirationType !== undefined || expirationTimer !== undefined
  const mode: Expiration['mode'] | undefined = ([undefined, 'afterRead', 'afterSend'] as const)[expirationType ?? 0]
  const seconds = expirationTimer ?? 0
  return mode === undefined || seconds === 0 ? { saysExpiration } : { saysExpiration, expiration: { mode, seconds } }
}

/** `undefined`, if the sender shows nothing of itself, as old clients do. */
export function readProfile(profile: Profile | undefined, key: Uint8Array | undefined): SenderProfile | undefined {
  if (profile === undefined) return undefined
  const name = truncateDisplayName(profile.displayName ?? '')
  const url = readUrl(profile.profilePicture)
  const picture = url !== undefined && key?.length === PICTURE_KEY_SIZE ? { url, key: new Uint8Array(key) } : undefined
  const seconds = profile.lastProfileUpdateSeconds ?? 0n
  return {
    ...(name === undefined ? {} : { name }),
    ...(picture === undefined ? {} : { picture }),
    updatedSeconds: seconds > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(seconds),
  }
}

/** `url` is empty, if nothing can be fetched by it. */
export function readAttachment(pointer: AttachmentPointer): Attachment {
  const url = readUrl(pointer.url) ?? ''
  const { key, digest, size, contentType, width, height } = pointer
  const fileName = printable(pointer.fileName, MAX_NAME_LENGTH)
  const caption = firstCodePoints(pointer.caption ?? '', MAX_TEXT_LENGTH)
  return {
    url,
    ...(key === undefined || key.length === 0 ? {} : { key: new Uint8Array(key) }),
    ...(digest?.length === DIGEST_SIZE ? { digest: new Uint8Array(digest) } : {}),
    ...(size === undefined ? {} : { size }),
    ...(contentType === undefined ? {} : { contentType: printable(contentType, MAX_NAME_LENGTH) }),
    ...(fileName === '' ? {} : { fileName }),
    isVoice: ((pointer.flags ?? 0) & VOICE) !== 0,
    ...(width ? { width } : {}),
    ...(height ? { height } : {}),
    ...(caption === '' ? {} : { caption }),
  }
}

/** Those whose address stands in the text for all to see: a preview must not lead elsewhere. */
export function readPreviews(previews: readonly Preview[], text: string): readonly LinkPreview[] {
  return previews
    .filter(({ url }) => url !== undefined && /^https:\/\/./i.test(url) && text.includes(url))
    .slice(0, MAX_PREVIEWS)
    .map((preview) => {
      const title = printable(preview.title, MAX_TITLE_LENGTH)
      const image = preview.image && readAttachment(preview.image)
      const hasImage = image !== undefined && image.url !== ''
      return { url: preview.url!, ...(title === '' ? {} : { title }), ...(hasImage ? { image } : {}) }
    })
}

export function readInvitation(invitation: OpenGroupInvitation | undefined): Invitation | undefined {
  const url = readUrl(invitation?.url)
  return url === undefined ? undefined : { url, name: truncateDisplayName(invitation?.name ?? '') ?? '' }
}

/** `undefined`, if it names no account or no time. */
export function readRef(author: string | undefined, time: bigint | undefined): MessageRef | undefined {
  const account = readAccountId(author)
  const sentAt = readTime(time)
  return account === undefined || sentAt === undefined ? undefined : { author: account, sentAt }
}

export function readTime(time: bigint | undefined): UnixMillis | undefined {
  return time === undefined || time > BigInt(MAX_UNIX_MILLIS) ? undefined : unixMillis(Number(time))
}

export function readAccountId(text: string | undefined): AccountId | undefined {
  try {
    return parseAccountId(text ?? '')
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined
    throw error
  }
}

/** Whether a text can stand for a reaction: at most 16 code points, and no letters, spaces or control characters. */
export function isEmoji(text: string): boolean {
  return EMOJI.test(text)
}

/** A title or the name of a file, for one line: without line breaks and the like, cut to `most` code points. */
export function printable(text: string | undefined, most: number): string {
  return firstCodePoints((text ?? '').replace(UNPRINTABLE, ' ').trim(), most)
}

function readUrl(text: string | undefined): string | undefined {
  const isUrl = text !== undefined && text.length <= MAX_URL_LENGTH && /^https?:\/\/[^\s]+$/i.test(text)
  return isUrl ? text : undefined
}
