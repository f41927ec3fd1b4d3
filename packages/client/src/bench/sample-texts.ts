/** Texts as people write them, as far as a search can tell: a few words very often, very many seldom. The same ones for every run. */

const SYLLABLES = ['ka', 'mo', 'ti', 'ren', 'sol', 'vi', 'da', 'lu', 'per', 'an', 'os', 'eth', 'in', 'gra', 'bel', 'no']
const CHARACTERS = '今日明時間会社電車東京都大学生先食飲見行来話聞読書友達家族天気雨雪春夏秋冬'
const VOCABULARY = 60_000
/** One text of so many is Japanese. */
const JAPANESE_EVERY = 20

/** A generator of its own, because a bench has no clock or seed to pass around. Numbers of 0 … 1. */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** The word of a rank, the most frequent having 0. */
export function wordOf(rank: number): string {
  let word = ''
  for (let rest = rank + 1; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
    word += SYLLABLES[rest % SYLLABLES.length]
  return word
}

/** 3 to 17 words; ranks by Zipf's law. */
export function sampleText(number: number, random: () => number): string {
  const length = 3 + Math.floor(random() * 15)
  if (number % JAPANESE_EVERY === 0) {
    return Array.from({ length }, () => CHARACTERS[Math.floor(random() * CHARACTERS.length)]).join('')
  }
  const words = Array.from({ length }, () => wordOf(Math.floor(VOCABULARY ** random()) - 1))
  return words.join(' ')
}
