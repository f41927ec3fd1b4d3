import type { Delivery } from '@starling/client'

/** A dot of the ring, in a square of 18 × 18 units. */
export type RingDot = { readonly x: number; readonly y: number; readonly radius: number; readonly filled: boolean }

/** The members are not known before the first attempt: three outlines stand for "a swarm". */
const UNKNOWN_SWARM = 3
/** More dots than this cannot be told apart at 18 px; the words stay exact. */
const MOST_DOTS = 12

/** One dot per swarm member, clockwise from the top; those that signed a receipt are filled, first ones first. */
export function ringDots(delivery: Exclude<Delivery, { kind: 'failed' }>): readonly RingDot[] {
  const members = delivery.of > 0 ? delivery.of : UNKNOWN_SWARM
  const count = Math.min(members, MOST_DOTS)
  const stored = delivery.kind === 'queued' ? 0 : delivery.on
  const filled = Math.floor((Math.min(stored, members) / members) * count)
  const radius = Math.max(0.7, Math.min(2.3, (Math.PI * 6) / count - 1))
  return Array.from({ length: count }, (_, index) => {
    const angle = -Math.PI / 2 + (index * 2 * Math.PI) / count
    return { x: round(9 + 6 * Math.cos(angle)), y: round(9 + 6 * Math.sin(angle)), radius, filled: index < filled }
  })
}

const round = (value: number): number => Math.round(value * 100) / 100
