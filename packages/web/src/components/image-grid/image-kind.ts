/** Which files are pictures: those that a browser decodes as an image and as nothing else. */
import type { AttachmentView } from '@starling/client'
import { plainLine } from '../../format/hostile-text.ts'
import { t } from '../../text/t.ts'

export type ImageType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp'

/** Pixels of a picture that is decoded at all: 160 MB in memory. */
export const MOST_PIXELS = 40_000_000
/** The longer side of what a chat shows of a picture, in pixels. */
export const PREVIEW_SIDE = 1_120

const SHOWN: ReadonlySet<string> = new Set<ImageType>(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
const JPEG = [0xff, 0xd8, 0xff]
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const GIF = [0x47, 0x49, 0x46, 0x38]
const RIFF = [0x52, 0x49, 0x46, 0x46]
const WEBP = [0x57, 0x45, 0x42, 0x50]
const ENDINGS: Readonly<Record<ImageType, RegExp>> = {
  'image/jpeg': /\.jpe?g$/i,
  'image/png': /\.png$/i,
  'image/gif': /\.gif$/i,
  'image/webp': /\.webp$/i,
}
/** Characters of a name. */
const LONGEST_NAME = 120

/** Whether the sender says that it is a picture: its bytes have to say so as well, before it is shown. */
export function isPicture({ contentType, isVoice }: AttachmentView): boolean {
  return !isVoice && contentType !== undefined && SHOWN.has(contentType.toLowerCase())
}

/** What the first bytes say; nobody's word for it is asked. */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  const starts = (magic: readonly number[], at = 0) => magic.every((byte, index) => bytes[at + index] === byte)
  if (starts(JPEG)) return 'image/jpeg'
  if (starts(PNG)) return 'image/png'
  if (starts(GIF)) return 'image/gif'
  return starts(RIFF) && starts(WEBP, 8) ? 'image/webp' : undefined
}

/** The sender's name for a file, in one line. */
export function fileNameOf({ fileName = '', isVoice }: AttachmentView): string {
  if (isVoice) return t('message.voice')
  return plainLine(fileName) || t('message.fileUnnamed')
}

/** What a picture shows, as its sender says: its caption, its name, or that it is one. */
export function pictureText({ caption = '', fileName = '' }: AttachmentView): string {
  return plainLine(caption) || plainLine(fileName) || t('media.picture')
}

/** A name that a file may have in a folder: without a path, not hidden, and with the ending that a picture has. */
export function nameToSave({ fileName = '' }: AttachmentView, type: ImageType | undefined): string {
  const name = plainLine(fileName)
    .replace(/[/\\:*?"<>|]/g, '_')
    .replace(/^[. ]+/, '')
    .slice(-LONGEST_NAME)
  if (type === undefined) return name || 'file'
  return ENDINGS[type].test(name) ? name : `${name || 'picture'}.${type === 'image/jpeg' ? 'jpg' : type.slice(6)}`
}
