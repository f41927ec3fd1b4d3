import { createLocale, type Locale } from './icu/format-message.ts'
import { type Message, parseMessage } from './icu/parse-message.ts'
import type { TextKey, Words } from './t.ts'

export type Direction = 'ltr' | 'rtl'

/** One language, ready to be spoken. */
export type Speech = {
  /** A BCP 47 tag, for the document. */
  readonly language: string
  readonly direction: Direction
  readonly locale: Locale
  /** Read from its text when it is first wanted. @throws {MessageSyntaxError} */
  messageOf(key: TextKey): Message
}

/** `tag`: where numbers and dates come from, such as `de-AT`; a region of the same language. */
export function createSpeech(options: {
  readonly language: string
  readonly direction: Direction
  readonly tag: string
  readonly words: Words
}): Speech {
  const { language, direction, tag, words } = options
  const messages = new Map<TextKey, Message>()
  return {
    language,
    direction,
    locale: createLocale(tag, language),
    messageOf(key) {
      const known = messages.get(key)
      if (known !== undefined) return known
      const message = parseMessage(words[key])
      messages.set(key, message)
      return message
    },
  }
}
