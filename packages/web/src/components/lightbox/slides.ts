/** The pictures of the part of a chat that is loaded, in the order in which they stand there. */
import type { AttachmentView, MessageId, MessageView } from '@starling/client'
import { isPicture } from '../image-grid/image-kind.ts'

export type Slide = { readonly message: MessageView; readonly attachment: AttachmentView }
export type SlidePlace = { readonly message: MessageId; readonly index: number }

export function slidesOf(messages: readonly MessageView[]): readonly Slide[] {
  return messages.flatMap((message) =>
    message.attachments.filter(isPicture).map((attachment) => ({ message, attachment })),
  )
}

/** -1: it is not among them any more. */
export function findSlide(slides: readonly Slide[], { message, index }: SlidePlace): number {
  return slides.findIndex((slide) => slide.message.id === message && slide.attachment.index === index)
}

export function placeOf({ message, attachment }: Slide): SlidePlace {
  return { message: message.id, index: attachment.index }
}
