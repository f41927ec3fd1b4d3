/** Where a new swarm goes. @see docs/protocol/swarms.md §3 */
import { MAX_SWARM_ID, type SwarmId, swarmId } from './swarm-id.ts'

/**
 * The middle of the widest gap between neighbours; the lowest of equal gaps, and the gap across the wrap only if it is
 * strictly wider than all others.
 *
 * @param ids ascending, without duplicates
 */
export function newSwarmId(ids: readonly SwarmId[]): SwarmId {
  const first = ids[0]
  const last = ids.at(-1)
  if (first === undefined || last === undefined) return swarmId(0n)
  let widest = 0n
  let left = last
  for (let i = 1; i < ids.length; i++) {
    const gap = ids[i]! - ids[i - 1]!
    if (gap <= widest) continue
    widest = gap
    left = ids[i - 1]!
  }
  const wrap = MAX_SWARM_ID - last + first + 1n
  if (wrap > widest) {
    widest = wrap
    left = last
  }
  const half = widest / 2n
  const room = MAX_SWARM_ID - left
  return swarmId(half > room ? half - room - 1n : left + half)
}
