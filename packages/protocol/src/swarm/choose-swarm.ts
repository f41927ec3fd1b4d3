/** Which swarm stores what belongs to a position. @see docs/protocol/swarms.md §1 */
import type { SwarmId } from './swarm-id.ts'

/**
 * The swarm nearest to `position` on the ring of 2^64 positions; a tie goes to the lower neighbour, also across the wrap.
 * O(log n): called for every request.
 *
 * @param ids ascending, without duplicates
 * @returns `undefined`, if there is no swarm at all
 */
export function chooseSwarm(ids: readonly SwarmId[], position: bigint): SwarmId | undefined {
  const at = firstSwarmFrom(ids, position)
  const right = ids[at] ?? ids[0]
  const left = ids[at - 1] ?? ids.at(-1)
  if (right === undefined || left === undefined) return undefined
  const toRight = BigInt.asUintN(64, right - position)
  const toLeft = BigInt.asUintN(64, position - left)
  return toRight < toLeft ? right : left
}

/** The index of the first of ascending IDs that is not below `position`; their number, if there is none. O(log n). */
export function firstSwarmFrom(ids: readonly SwarmId[], position: bigint): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ids[middle]! < position) low = middle + 1
    else high = middle
  }
  return low
}
