/** A finger that draws a message along the line: far enough, it answers. Up and down stays scrolling. */

/** Pixels: from where on it is a swipe, where it answers, and how far the message goes along. */
const BEGINS = 12
const ANSWERS = 56
const FARTHEST = 72

export type Swipe = {
  start(x: number, y: number): void
  /** How far the message stands from its place, in pixels along the line. */
  move(x: number, y: number): number
  /** Whether it went far enough. */
  end(): boolean
}

/** `direction`: 1, where lines run from left to right, else −1. */
export function createSwipe(direction: () => 1 | -1): Swipe {
  let from: { readonly x: number; readonly y: number } | undefined
  let isSwipe = false
  let distance = 0
  return {
    start(x, y) {
      from = { x, y }
      isSwipe = false
      distance = 0
    },
    move(x, y) {
      if (from === undefined) return 0
      const along = (x - from.x) * direction()
      const across = Math.abs(y - from.y)
      if (!isSwipe && across > BEGINS && across > along) from = undefined
      else if (along > BEGINS && along > across) isSwipe = true
      distance = isSwipe ? Math.min(FARTHEST, Math.max(0, along)) : 0
      return distance
    },
    end() {
      const answers = isSwipe && distance >= ANSWERS
      from = undefined
      isSwipe = false
      distance = 0
      return answers
    },
  }
}
