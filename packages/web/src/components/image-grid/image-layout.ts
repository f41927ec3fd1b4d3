/** Where pictures stand in a message: known before any of them is loaded, so that nothing moves when they are. */

export type Size = { readonly width: number; readonly height: number }
export type OpenSize = { readonly width: number; readonly height: number | undefined }

/** Of a picture alone, in CSS pixels. */
const WIDEST = 320
const HIGHEST = 340
const NARROWEST = 132
const LOWEST = 96
/** Where the sender does not say: a box that suits most. */
const UNKNOWN: Size = { width: 280, height: 210 }
/** Tiles of a grid; the last one says how many more there are. */
const MOST_TILES = 6
/** Columns that each tile takes of six. */
const SPANS: readonly (readonly number[])[] = [
  [],
  [6],
  [3, 3],
  [6, 3, 3],
  [3, 3, 3, 3],
  [3, 3, 2, 2, 2],
  [2, 2, 2, 2, 2, 2],
]

/** The box of a picture alone. It shows all of a picture that is not far from a square. */
export function pictureBox({ width, height }: { readonly width?: number; readonly height?: number }): Size {
  if (!isSide(width) || !isSide(height)) return UNKNOWN
  const scale = Math.min(1, WIDEST / width, HIGHEST / height)
  return {
    width: Math.round(Math.max(NARROWEST, width * scale)),
    height: Math.round(Math.max(LOWEST, height * scale)),
  }
}

/** Columns, of six, that the tiles of `count` pictures take; `more`: pictures that have no tile of their own. */
export function gridOf(count: number): { readonly spans: readonly number[]; readonly more: number } {
  return { spans: SPANS[Math.min(count, MOST_TILES)] ?? [], more: Math.max(0, count - MOST_TILES) }
}

/** The largest size with these proportions whose sides are at most `side`; never larger than it is. */
export function shrunkSize({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** The sender's word: anything. */
function isSide(side: number | undefined): side is number {
  return side !== undefined && Number.isFinite(side) && side >= 1
}
