/**
 * Text of others, made safe for a terminal: control characters, with which it could rewrite the screen, and characters
 * that turn the direction of writing around show as U+FFFD. Line feeds and tabs stay.
 */
export function visibleText(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

/** One line of JSON in which nothing is a control character, so that it can be printed on a terminal as well. */
export function jsonLine(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `${JSON.stringify(value).replace(/[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, escaped)}\n`
}
