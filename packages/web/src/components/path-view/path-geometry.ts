/** Where the dots of the path stand: You, the hops on one arc, and the swarm as a flock at its end. 272 × 112 units. */

export type Point = { readonly x: number; readonly y: number }

export const ARC_WIDTH = 272
export const ARC_HEIGHT = 116

/** The arc of the drawing, a cubic curve. */
const FROM: Point = { x: 14, y: 90 }
const BEND_ONE: Point = { x: 66, y: 6 }
const BEND_TWO: Point = { x: 172, y: 6 }
const TO: Point = { x: 226, y: 58 }

/** The arc as an SVG path. `across`: where a distance from the beginning of the line lies, from either side. */
export function arcPath(across: (x: number) => number): string {
  const [from, one, two, to] = [FROM, BEND_ONE, BEND_TWO, TO].map(({ x, y }) => `${across(x)} ${y}`)
  return `M${from}C${one} ${two} ${to}`
}

/** You first, then `hops` dots, spread evenly before the flock. */
export function arcDots(hops: number): readonly Point[] {
  return Array.from({ length: hops + 1 }, (_, index) => arcPoint((index / (hops + 1)) * 1.02))
}

/** `members` dots like birds around the arc's end: a sunflower spiral, so that any number stays a flock. */
export function flockDots(members: number): readonly Point[] {
  return Array.from({ length: members }, (_, index) => {
    const angle = index * 2.39996 + 2.6
    const radius = 8.4 * Math.sqrt(index + 0.35)
    return { x: round(TO.x + 14 + radius * Math.cos(angle)), y: round(TO.y + 6 + radius * 0.86 * Math.sin(angle)) }
  })
}

function arcPoint(share: number): Point {
  const along = (axis: 'x' | 'y') => {
    const rest = 1 - share
    return round(
      rest ** 3 * FROM[axis] +
        3 * rest ** 2 * share * BEND_ONE[axis] +
        3 * rest * share ** 2 * BEND_TWO[axis] +
        share ** 3 * TO[axis],
    )
  }
  return { x: along('x'), y: along('y') }
}

const round = (value: number): number => Math.round(value * 10) / 10
