/** Bytes as words: three for every four bytes, and a checksum word. docs/protocol/identity.md §3. */
import { concatBytes } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import { u32le } from '../codec/codec.ts'
import { RecoveryPhraseError } from './recovery-phrase-error.ts'
import { ENGLISH_WORDS } from './wordlist-english.ts'

const WORDS = ENGLISH_WORDS
const COUNT = WORDS.length
/** So many letters tell an English word from all others; what follows may be misspelt. */
export const PREFIX_LENGTH = 3

const INDEX_OF_PREFIX = new Map(WORDS.map((word, index) => [wordPrefix(word), index]))

/** The listed word with the same first three letters as `typed`, which is in lower case. */
export function findWord(typed: string): string | undefined {
  const index = INDEX_OF_PREFIX.get(wordPrefix(typed))
  return index === undefined ? undefined : WORDS[index]
}

/** Three listed words for every four bytes; the length is a multiple of four. */
export function encodeWords(bytes: Uint8Array): string[] {
  const words: string[] = []
  for (let at = 0; at < bytes.length; at += 4) {
    const value = u32le.decode(bytes.subarray(at, at + 4))
    const first = value % COUNT
    const second = (Math.floor(value / COUNT) + first) % COUNT
    const third = (Math.floor(value / COUNT ** 2) + second) % COUNT
    words.push(WORDS[first]!, WORDS[second]!, WORDS[third]!)
  }
  return words
}

/**
 * The bytes of listed words, whose number is a multiple of three.
 *
 * @throws {RecoveryPhraseError} `unknown_word`; `invalid_group` with the index of the first of three words that go over
 * four bytes.
 */
export function decodeWords(words: readonly string[]): Uint8Array {
  const groups: Uint8Array[] = []
  for (let at = 0; at < words.length; at += 3) {
    const [first, second, third] = [indexOf(words, at), indexOf(words, at + 1), indexOf(words, at + 2)]
    const value = first + COUNT * ((COUNT - first + second) % COUNT) + COUNT ** 2 * ((COUNT - second + third) % COUNT)
    if (value >= 2 ** 32) throw new RecoveryPhraseError('invalid_group', { wordIndex: at })
    groups.push(u32le.encode(value))
  }
  return concatBytes(...groups)
}

/** The one of `words` that is said twice, at the end, so that a wrong phrase is noticed. */
export function checksumWord(words: readonly string[]): string {
  return words[crc32(utf8(words.map(wordPrefix).join(''))) % words.length]!
}

function indexOf(words: readonly string[], at: number): number {
  const index = INDEX_OF_PREFIX.get(wordPrefix(words[at] ?? ''))
  if (index === undefined) throw new RecoveryPhraseError('unknown_word', { wordIndex: at })
  return index
}

function wordPrefix(word: string): string {
  return [...word].slice(0, PREFIX_LENGTH).join('')
}

/** CRC-32 of zlib (reflected polynomial EDB88320). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
