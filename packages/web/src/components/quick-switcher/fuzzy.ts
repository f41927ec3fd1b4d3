/** Finding a name by some of its letters. */

/** Without case and accents, so that `zoe` finds `Zoë`. */
export function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim()
}

/** Longer names are not looked at further: they were written to be long. */
const LONGEST = 200

/**
 * How well `wanted` fits `name`, both folded: its letters in their order, better the closer together and the nearer to the
 * beginnings of words; `undefined`: they are not all there. In steps: letters of `wanted` times letters of `name`.
 */
export function fuzzyScore(name: string, wanted: string): number | undefined {
  const letters = [...name.slice(0, LONGEST)]
  const query = [...wanted.replace(/\s+/g, '')].slice(0, LONGEST)
  if (query.length === 0) return 0
  // best[at]: of all ways to find the query so far with its last letter at `at`.
  let best: readonly (number | undefined)[] = letters.map((letter, at) =>
    letter === query[0] ? worth(letters, at) : undefined,
  )
  for (const wantedLetter of query.slice(1)) best = nextBest(best, letters, wantedLetter)
  const scores = best.filter((score) => score !== undefined)
  return scores.length === 0 ? undefined : Math.max(...scores) - letters.length * LENGTH_COSTS
}

const AT_START = 12
const AT_WORD = 8
const RIGHT_AFTER = 9
const FOUND = 1
/** Of two names that fit alike, the shorter one. */
const LENGTH_COSTS = 0.02

function nextBest(best: readonly (number | undefined)[], letters: readonly string[], wanted: string) {
  let before: number | undefined
  return letters.map((letter, at) => {
    const adjacent = at > 0 ? best[at - 1] : undefined
    const apart = before
    if (adjacent !== undefined) before = Math.max(before ?? adjacent, adjacent)
    if (letter !== wanted) return undefined
    const ways = [
      ...(adjacent === undefined ? [] : [adjacent + RIGHT_AFTER + FOUND]),
      ...(apart === undefined && adjacent === undefined
        ? []
        : [Math.max(apart ?? -Infinity, adjacent ?? -Infinity) + worth(letters, at)]),
    ]
    return ways.length === 0 ? undefined : Math.max(...ways)
  })
}

function worth(letters: readonly string[], at: number): number {
  if (at === 0) return AT_START + FOUND
  return /[\p{L}\p{N}]/u.test(letters[at - 1] ?? '') ? FOUND : AT_WORD + FOUND
}
