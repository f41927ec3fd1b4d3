/** Attachments and previews as this device keeps them: bytes as base64, since records are JSON. */
import { type Attachment, fromBase64, type LinkPreview, toBase64 } from '@starling/protocol'
import * as z from 'zod/mini'
import type { AttachmentView, LinkPreviewView, OutgoingAttachment, OutgoingPreview } from '../api.ts'

type Encoded<T> = Omit<T, 'key' | 'digest'> & { readonly key?: string; readonly digest?: string }
export type AttachmentRecord = Encoded<Attachment>
export type PreviewRecord = Omit<LinkPreview, 'image'> & { readonly image?: AttachmentRecord }

const attachment = z.object({
  url: z.string(),
  key: z.optional(z.string()),
  digest: z.optional(z.string()),
  size: z.optional(z.number()),
  contentType: z.optional(z.string()),
  fileName: z.optional(z.string()),
  isVoice: z.boolean(),
  width: z.optional(z.number()),
  height: z.optional(z.number()),
  caption: z.optional(z.string()),
})
export const attachmentSchema = attachment as unknown as z.ZodMiniType<AttachmentRecord>
export const previewSchema = z.object({
  url: z.string(),
  title: z.optional(z.string()),
  image: z.optional(attachment),
}) as unknown as z.ZodMiniType<PreviewRecord>

export function attachmentRecord({ key, digest, ...rest }: Attachment): AttachmentRecord {
  return {
    ...rest,
    ...(key === undefined ? {} : { key: toBase64(key) }),
    ...(digest === undefined ? {} : { digest: toBase64(digest) }),
  }
}

export function attachmentOf({ key, digest, ...rest }: AttachmentRecord): Attachment {
  return {
    ...rest,
    ...(key === undefined ? {} : { key: fromBase64(key) }),
    ...(digest === undefined ? {} : { digest: fromBase64(digest) }),
  }
}

export function previewRecord({ image, ...rest }: LinkPreview): PreviewRecord {
  return image === undefined ? rest : { ...rest, image: attachmentRecord(image) }
}

export function previewOf({ image, ...rest }: PreviewRecord): LinkPreview {
  return image === undefined ? rest : { ...rest, image: attachmentOf(image) }
}

/** Neither address nor key leave the client. */
export function attachmentView({ url: _, key: _key, digest: _digest, ...rest }: AttachmentRecord, index: number) {
  return { index, ...rest } satisfies AttachmentView
}

/** `index`: that of its image. */
export function previewView({ image, ...rest }: PreviewRecord, index: number): LinkPreviewView {
  return image === undefined ? rest : { ...rest, image: attachmentView(image, index) }
}

type Files = { readonly attachments?: readonly AttachmentRecord[] | undefined } & {
  readonly previews?: readonly PreviewRecord[] | undefined
}

/** What a message has at a place that its view names: an attachment, or behind them the image of a preview. */
export function fileAt({ attachments = [], previews = [] }: Files, index: number): AttachmentRecord | undefined {
  return attachments[index] ?? previews[index - attachments.length]?.image
}

/** All that {@link fileAt} finds. */
export function filesOf({ attachments = [], previews = [] }: Files): readonly AttachmentRecord[] {
  return [...attachments, ...previews.flatMap(({ image }) => image ?? [])]
}

export function outgoingAttachment({ isVoice = false, ...rest }: OutgoingAttachment): Attachment {
  return { ...rest, isVoice }
}

export function outgoingPreview({ image, ...rest }: OutgoingPreview): LinkPreview {
  return image === undefined ? rest : { ...rest, image: outgoingAttachment(image) }
}
