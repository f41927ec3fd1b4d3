/** Most code points of one message; the client refuses more. */
export const MESSAGE_LIMIT = 2000
/** From here on the count is shown. */
const SHOWN_FROM = 1800

/** What the composer says about the length of a text. */
export type MessageLength =
  | { readonly kind: 'empty' }
  | { readonly kind: 'fine' }
  | { readonly kind: 'near'; readonly left: number }
  | { readonly kind: 'over'; readonly by: number }

/** Measures as the client does: in code points of the text as it would be sent. */
export function messageLength(text: string): MessageLength {
  const outgoing = outgoingText(text)
  if (outgoing === '') return { kind: 'empty' }
  // UTF-16 units are never fewer than code points: short texts need no counting.
  if (outgoing.length < SHOWN_FROM) return { kind: 'fine' }
  const count = countCodePoints(outgoing)
  if (count > MESSAGE_LIMIT) return { kind: 'over', by: count - MESSAGE_LIMIT }
  return count < SHOWN_FROM ? { kind: 'fine' } : { kind: 'near', left: MESSAGE_LIMIT - count }
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
