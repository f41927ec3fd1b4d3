/**
 * Text that other people wrote (messages, names): it may try to reorder, hide or cover the interface around it. Shown in
 * `<bdi>`, what is left here can only affect itself.
 */

/** Embeddings, overrides and isolates (U+202A–202E, U+2066–2069): they reach over the end of their text. */
const BIDI_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028\u2029]/g
/** Written languages put up to four marks on a letter; towers of them reach over other messages. */
const MARKS_TOO_MANY = /(\p{M}{4})\p{M}+/gu
/** Tags spell out an invisible text, but in the flags of regions that are made of them. */
const HIDDEN_TAGS = /(?<!\u{1F3F4}[\u{E0020}-\u{E007E}]*)[\u{E0000}-\u{E007F}]/gu

/** Most texts have nothing but these, and nothing of them goes. */
const HARMLESS = /^[\t\n\x20-\x7E\u00A0-\u02FF]*$/

/** Several lines: line feeds and tabs stay; other control characters, what overrides direction and towers of marks go. */
export function plainText(text: string): string {
  if (HARMLESS.test(text)) return text
  return text
    .replace(/\r\n?/g, '\n')
    .replace(BIDI_CONTROLS, '')
    .replace(CONTROLS, '')
    .replace(HIDDEN_TAGS, '')
    .replace(MARKS_TOO_MANY, '$1')
}

/** One line, as for names and previews. */
export function plainLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim()
}
