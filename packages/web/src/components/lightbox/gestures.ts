/** What fingers and the mouse do on a picture: drawing it, spreading two fingers, and wiping to the next one. */
import type { Point } from './zoom.ts'

export type Gesture =
  | { readonly kind: 'pan'; readonly by: Point }
  | { readonly kind: 'pinch'; readonly factor: number; readonly at: Point; readonly by: Point }
  /** From right to left: 1. */
  | { readonly kind: 'wipe'; readonly by: 1 | -1 }

/** `at`: from the middle of the window. */
export type Finger = { readonly id: number; readonly at: Point }

export interface Gestures {
  down(finger: Finger): void
  move(finger: Finger): Gesture | undefined
  /** `canWipe`: all of the picture is seen. */
  up(finger: Finger, canWipe: boolean): Gesture | undefined
  /** Something moved since the first finger came down: what follows is no click. */
  readonly isDrawn: boolean
}

/** CSS pixels: of a wipe, and of a hand that does not tremble. */
const WIPE = 60
const STILL = 6

export function createGestures(): Gestures {
  const fingers = new Map<number, Point>()
  let start: Point = { x: 0, y: 0 }
  let most = 0
  let isDrawn = false
  return {
    get isDrawn() {
      return isDrawn
    },
    down({ id, at }) {
      if (fingers.size === 0) {
        start = at
        most = 0
        isDrawn = false
      }
      fingers.set(id, at)
      most = Math.max(most, fingers.size)
    },
    move({ id, at }) {
      const before = fingers.get(id)
      if (before === undefined) return undefined
      const other = [...fingers].find(([each]) => each !== id)?.[1]
      fingers.set(id, at)
      if (distance(start, at) > STILL) isDrawn = true
      const by = { x: at.x - before.x, y: at.y - before.y }
      if (other === undefined) return { kind: 'pan', by }
      isDrawn = true
      const factor = distance(at, other) / Math.max(1, distance(before, other))
      return { kind: 'pinch', factor, at: middle(at, other), by: { x: by.x / 2, y: by.y / 2 } }
    },
    up({ id, at }, canWipe) {
      if (!fingers.delete(id) || fingers.size > 0 || !canWipe || most > 1) return undefined
      const [x, y] = [at.x - start.x, at.y - start.y]
      if (Math.abs(x) < WIPE || Math.abs(x) < 2 * Math.abs(y)) return undefined
      return { kind: 'wipe', by: x < 0 ? 1 : -1 }
    },
  }
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y)
const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })
