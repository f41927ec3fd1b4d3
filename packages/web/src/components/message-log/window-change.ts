/** How rows become other rows, in steps that a virtual list can follow without moving what the reader looks at. */
export type WindowChange<T> =
  /** Nothing in common: start anew. */
  | { readonly kind: 'replace'; readonly rows: readonly T[] }
  /** First what changes below (`end`), then what changes above (`start`, measured from the end of the list). */
  | { readonly kind: 'slide'; readonly afterEnd: readonly T[]; readonly afterStart: readonly T[] }

type Keyed = { readonly key: string }

/**
 * Splits a change of window. Sizes are remembered by index, so a step may add or remove rows at one end only: a window
 * that gains older rows while it lets go of its newest ones has to be applied as two.
 */
export function windowChange<T extends Keyed>(current: readonly T[], next: readonly T[]): WindowChange<T> {
  const shared = findShared(current, next)
  if (shared === undefined) return { kind: 'replace', rows: next }
  const head = current.slice(0, shared.inCurrent)
  return { kind: 'slide', afterEnd: [...head, ...next.slice(shared.inNext)], afterStart: next }
}

/** The first row that both have. */
function findShared<T extends Keyed>(current: readonly T[], next: readonly T[]) {
  const places = new Map(next.map((row, index) => [row.key, index]))
  for (const [inCurrent, row] of current.entries()) {
    const inNext = places.get(row.key)
    if (inNext !== undefined) return { inCurrent, inNext }
  }
  return undefined
}
