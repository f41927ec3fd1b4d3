import { en } from './en.ts'
import { formatMessage, type Locale, type MessageValues } from './icu/format-message.ts'
import type { MessageArguments } from './icu/message-arguments.ts'
import { createSpeech, type Speech } from './speech.ts'

type Texts = typeof en
export type TextKey = keyof Texts

/** Every text of the interface in one language, by key: ICU messages with the same parameters as the English ones. */
export type Words = Readonly<Record<TextKey, string>>

type Arguments<Key extends TextKey> = keyof MessageArguments<Texts[Key]> extends never
  ? []
  : [values: MessageArguments<Texts[Key]>]

// rule-exception: one interface speaks one language at a time; as an argument it would go through every function that says something.
let speech: Speech = createSpeech({ language: 'en', direction: 'ltr', tag: 'en-GB', words: en })

/** The text of `key` in the language that is spoken, with its parameters filled in. */
export function t<Key extends TextKey>(key: Key, ...[values]: Arguments<Key>): string {
  return formatMessage(speech.messageOf(key), (values ?? {}) as MessageValues, speech.locale)
}

/** From now on texts, numbers and dates come in this language. What was shown before has to be rendered anew. */
export function speak(next: Speech): void {
  speech = next
}

/** How numbers and dates are written. */
export function locale(): Locale {
  return speech.locale
}

/** Whether the interface runs from right to left. */
export function isMirrored(): boolean {
  return speech.direction === 'rtl'
}
