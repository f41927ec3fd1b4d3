/** What names a swarm: its place in the swarm space, the ring of 64-bit numbers. */
import type { Brand } from '../brand.ts'
import { MalformedInputError } from '../errors.ts'

/** 0 … 2^64 − 2. */
export type SwarmId = Brand<bigint, 'SwarmId'>

/** 2^64 − 1: what stands on the compatible wire for a node without a swarm. Never a swarm ID. */
export const NO_SWARM = (1n << 64n) - 1n

/** The greatest swarm ID, 2^64 − 2. */
export const MAX_SWARM_ID = (NO_SWARM - 1n) as SwarmId

/**
 * A number as a swarm ID.
 *
 * @throws {MalformedInputError} `swarm_id`, if it is not in 0 … 2^64 − 2.
 */
export function swarmId(value: bigint): SwarmId {
  if (value < 0n || value > MAX_SWARM_ID) throw new MalformedInputError('swarm_id', 'out of range')
  return value as SwarmId
}

/** Lower-case hex without leading zeros, `0` for 0. */
export function formatSwarmId(id: SwarmId): string {
  return id.toString(16)
}

/**
 * Parses what `formatSwarmId` writes, and nothing else.
 *
 * @throws {MalformedInputError} `swarm_id`, also for 2^64 − 1, which means "none".
 */
export function parseSwarmId(text: string): SwarmId {
  if (!/^(0|[1-9a-f][0-9a-f]{0,15})$/.test(text)) {
    throw new MalformedInputError('swarm_id', `${text.length} characters`)
  }
  return swarmId(BigInt(`0x${text}`))
}
