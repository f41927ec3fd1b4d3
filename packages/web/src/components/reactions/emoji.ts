/** The emoji that are offered; each has a text of that name in every language, by which it is found. */
import type { MessageView } from '@starling/client'
import type { emojiTexts } from '../../text/en/emoji.ts'
import { t } from '../../text/t.ts'
import { fold } from '../quick-switcher/fuzzy.ts'

type Offered = { readonly emoji: string; readonly key: keyof typeof emojiTexts }

const offered: readonly Offered[] = [
  { emoji: '👍', key: 'emoji.1f44d' },
  { emoji: '❤️', key: 'emoji.2764' },
  { emoji: '😂', key: 'emoji.1f602' },
  { emoji: '😮', key: 'emoji.1f62e' },
  { emoji: '😢', key: 'emoji.1f622' },
  { emoji: '🙏', key: 'emoji.1f64f' },
  { emoji: '👎', key: 'emoji.1f44e' },
  { emoji: '😊', key: 'emoji.1f60a' },
  { emoji: '😉', key: 'emoji.1f609' },
  { emoji: '😍', key: 'emoji.1f60d' },
  { emoji: '😘', key: 'emoji.1f618' },
  { emoji: '😎', key: 'emoji.1f60e' },
  { emoji: '🤔', key: 'emoji.1f914' },
  { emoji: '😅', key: 'emoji.1f605' },
  { emoji: '🤣', key: 'emoji.1f923' },
  { emoji: '😭', key: 'emoji.1f62d' },
  { emoji: '😡', key: 'emoji.1f621' },
  { emoji: '😴', key: 'emoji.1f634' },
  { emoji: '🤒', key: 'emoji.1f912' },
  { emoji: '🤗', key: 'emoji.1f917' },
  { emoji: '🙄', key: 'emoji.1f644' },
  { emoji: '🥳', key: 'emoji.1f973' },
  { emoji: '🤯', key: 'emoji.1f92f' },
  { emoji: '😇', key: 'emoji.1f607' },
  { emoji: '👏', key: 'emoji.1f44f' },
  { emoji: '🙌', key: 'emoji.1f64c' },
  { emoji: '💪', key: 'emoji.1f4aa' },
  { emoji: '🤝', key: 'emoji.1f91d' },
  { emoji: '👋', key: 'emoji.1f44b' },
  { emoji: '👌', key: 'emoji.1f44c' },
  { emoji: '✌️', key: 'emoji.270c' },
  { emoji: '🤞', key: 'emoji.1f91e' },
  { emoji: '👀', key: 'emoji.1f440' },
  { emoji: '🎉', key: 'emoji.1f389' },
  { emoji: '🔥', key: 'emoji.1f525' },
  { emoji: '⭐', key: 'emoji.2b50' },
  { emoji: '💯', key: 'emoji.1f4af' },
  { emoji: '✅', key: 'emoji.2705' },
  { emoji: '❌', key: 'emoji.274c' },
  { emoji: '❓', key: 'emoji.2753' },
  { emoji: '❗', key: 'emoji.2757' },
  { emoji: '💔', key: 'emoji.1f494' },
  { emoji: '🌹', key: 'emoji.1f339' },
  { emoji: '☀️', key: 'emoji.2600' },
  { emoji: '🌧️', key: 'emoji.1f327' },
  { emoji: '🌙', key: 'emoji.1f319' },
  { emoji: '🐦', key: 'emoji.1f426' },
  { emoji: '☕', key: 'emoji.2615' },
  { emoji: '🍰', key: 'emoji.1f370' },
  { emoji: '🍺', key: 'emoji.1f37a' },
  { emoji: '🚗', key: 'emoji.1f697' },
  { emoji: '✈️', key: 'emoji.2708' },
  { emoji: '🏠', key: 'emoji.1f3e0' },
  { emoji: '⏰', key: 'emoji.23f0' },
]
/** What is offered first, until somebody has habits. */
const FIRST = offered.slice(0, 6).map(({ emoji }) => emoji)

/** Emoji with their names in the language that is spoken. */
export type NamedEmoji = { readonly emoji: string; readonly name: string }

/** Those whose words begin like each word of `query`; all for none. */
export function findEmoji(query: string): readonly NamedEmoji[] {
  const wanted = wordsOf(query)
  return offered
    .map(({ emoji, key }) => ({ emoji, words: t(key) }))
    .filter(({ words }) => wanted.every((word) => wordsOf(words).some((known) => known.startsWith(word))))
    .map(({ emoji, words }) => ({ emoji, name: nameOf(words) }))
}

/** What a reaction is called; one that others sent may have no name here, and is called as it looks. */
export function emojiName(emoji: string): string {
  const known = offered.find((each) => each.emoji === emoji)
  return known === undefined ? emoji : nameOf(t(known.key))
}

/** The six to offer first: own reactions of these messages, latest first, then the usual ones. Nothing is kept for it. */
export function recentEmoji(messages: readonly Pick<MessageView, 'reactions'>[]): readonly string[] {
  const own = messages
    .toReversed()
    .flatMap(({ reactions }) => reactions.flatMap(({ mine, emoji }) => (mine ? emoji : [])))
  return [...new Set([...own, ...FIRST])].slice(0, FIRST.length)
}

function nameOf(words: string): string {
  return words.split(/[,،]/)[0] ?? words
}

function wordsOf(text: string): readonly string[] {
  return fold(text)
    .split(/[\s,،’]+/)
    .filter((word) => word !== '')
}
