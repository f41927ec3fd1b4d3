/** Code points of one message; the client sends a longer text as several. */
export const MESSAGE_LIMIT = 2000
/** Most code points that are taken at once: however they are cut, no more than 20 messages. */
export const TEXT_LIMIT = 10 * MESSAGE_LIMIT
/** From so many below the limit on, what is left is said. */
const SHOWN_BELOW = 200

/** What the composer says about the length of a text. */
export type MessageLength =
  | { readonly kind: 'empty' }
  | { readonly kind: 'fine' }
  /** It goes as more than one message. */
  | { readonly kind: 'several' }
  | { readonly kind: 'near'; readonly left: number }
  | { readonly kind: 'over'; readonly by: number }

/** Measures as the client does: in code points of the text as it would be sent. */
export function messageLength(text: string): MessageLength {
  const outgoing = outgoingText(text)
  if (outgoing === '') return { kind: 'empty' }
  // UTF-16 units are never fewer than code points: short texts need no counting.
  if (outgoing.length <= MESSAGE_LIMIT) return { kind: 'fine' }
  const count = countCodePoints(outgoing)
  if (count > TEXT_LIMIT) return { kind: 'over', by: count - TEXT_LIMIT }
  if (count > TEXT_LIMIT - SHOWN_BELOW) return { kind: 'near', left: TEXT_LIMIT - count }
  return { kind: count > MESSAGE_LIMIT ? 'several' : 'fine' }
}

/** The text without the blank lines and spaces around it. */
export function outgoingText(text: string): string {
  return text.trim()
}

function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
