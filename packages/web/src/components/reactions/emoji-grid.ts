/** Emoji in a row. */
const COLUMNS = 8

/**
 * Where a key leads from the button `at` (−1: from above): among `recent` ones in a row of their own, then `all` in rows of
 * eight. `undefined`: nowhere.
 */
export function stepInGrid(
  key: string,
  {
    at,
    recent,
    all,
    mirrored,
  }: { readonly at: number; readonly recent: number; readonly all: number; readonly mirrored: boolean },
): number | undefined {
  const count = recent + all
  const forward = mirrored ? 'ArrowLeft' : 'ArrowRight'
  const back = mirrored ? 'ArrowRight' : 'ArrowLeft'
  let to: number
  if (key === forward) to = at + 1
  else if (key === back) to = at - 1
  else if (key === 'ArrowDown') to = at < 0 ? recent : at < recent ? recent + at : at + COLUMNS
  else if (key === 'ArrowUp')
    to = at < recent ? -1 : at - recent < COLUMNS ? Math.min(at - recent, recent - 1) : at - COLUMNS
  else if (key === 'Home') to = 0
  else if (key === 'End') to = count - 1
  else return undefined
  return to >= 0 && to < count ? to : undefined
}
