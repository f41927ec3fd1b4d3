/**
 * Which buckets of the ring a swarm has to do with. The positions nearest to a swarm's ID are one arc of the ring around
 * it, and a bucket is an arc too: both ends, and the IDs inside, tell everything.
 */
import { chooseSwarm, type DirectoryView, firstSwarmFrom, type SwarmId } from '@starling/protocol'
import { BUCKET_COUNT } from './buckets.ts'

const BUCKET_SIZE = 2n ** 64n / BigInt(BUCKET_COUNT)

/** Whether an owner in the bucket can belong to the swarm. */
export function touches({ swarmIds }: DirectoryView, swarm: SwarmId, bucket: number): boolean {
  const { first, last } = ends(bucket)
  const isInside = swarm >= first && swarm <= last
  return isInside || chooseSwarm(swarmIds, first) === swarm || chooseSwarm(swarmIds, last) === swarm
}

/** Whether all owners in the bucket belong to the swarm. */
export function isWhollyOf({ swarmIds }: DirectoryView, swarm: SwarmId, bucket: number): boolean {
  const { first, last } = ends(bucket)
  if (chooseSwarm(swarmIds, first) !== swarm || chooseSwarm(swarmIds, last) !== swarm) return false
  for (let index = firstSwarmFrom(swarmIds, first); index < swarmIds.length && swarmIds[index]! <= last; index++)
    if (swarmIds[index] !== swarm) return false
  return true
}

function ends(bucket: number): { readonly first: bigint; readonly last: bigint } {
  const first = BigInt(bucket) * BUCKET_SIZE
  return { first, last: first + BUCKET_SIZE - 1n }
}

/** Who is in which swarm. */
export function assignmentOf({ document }: DirectoryView): string {
  return document.entries.map(({ descriptor, swarmId }) => `${descriptor.nodeId}${swarmId}`).join()
}
