/** How large swarms are. @see docs/protocol/swarms.md §2 */
export type SwarmSizes = {
  /** Below this a swarm is refilled or dissolved. A member above it can be given away. */
  readonly minimum: number
  /** How many members above the minimum a swarm should keep when a new one is formed. */
  readonly margin: number
  /** Members of a newly formed swarm. */
  readonly target: number
}

/** Sizes that aim at `target` members, at least 1; 7 gives those of the compatible network: 5, 2 and 7. */
export function swarmSizes(target: number): SwarmSizes {
  const minimum = Math.max(1, Math.floor((5 * target) / 7))
  return { minimum, margin: Math.max(1, target - minimum), target }
}
