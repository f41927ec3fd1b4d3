/** How the document of the next epoch follows from the last. @see docs/protocol/directory.md §5 */
import type { UnixMillis } from '../brand.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { assignSwarms } from '../swarm/assignment.ts'
import type { NodeId } from '../swarm/node-id.ts'
import { swarmSizes } from '../swarm/swarm-sizes.ts'
import { type Descriptor, isLeaving, isNewerDescriptor, subnetOf } from './descriptor.ts'
import { buildDocument, type DirectoryDocument, type DocumentHash, documentHash, type Epoch } from './document.ts'
import { type NetworkFile, networkId } from './network-file.ts'

/** A node that a directory member knows. */
export type KnownNode = {
  /** Verified and timely. */
  readonly descriptor: Descriptor
  /** When a reachability test of it last succeeded. */
  readonly reachedAt: UnixMillis
}

export type FormingInput = {
  /** The last document, verified; `undefined` before the first. */
  readonly previous: DirectoryDocument | undefined
  readonly network: NetworkFile
  /** In any order; of several descriptors of a node the newest counts, and of several tests the latest. */
  readonly known: readonly KnownNode[]
  readonly now: UnixMillis
}

/**
 * The next document, not yet signed. A node is in it if it was reached within `dropAfter` and does not say that it
 * leaves; whoever computes it from the same input gets the same bytes.
 *
 * @throws {CodecError} `out_of_bounds` when it is encoded, if there are more than 10 000 nodes.
 */
export function formDocument(crypto: Crypto, { previous, network, known, now }: FormingInput): DirectoryDocument {
  const id = networkId(crypto, network)
  const previousHash = previous === undefined ? (id as Uint8Array as DocumentHash) : documentHash(crypto, previous)
  const descriptors = activeDescriptors(known, now - network.parameters.dropAfter)
  const swarms = assignSwarms({
    previous: new Map(previous?.entries.map((entry) => [entry.descriptor.nodeId, entry.swarmId])),
    active: descriptors.map(({ nodeId, operator, address }) => ({ nodeId, operator, subnet: subnetOf(address) })),
    seed: previousHash,
    sizes: swarmSizes(network.parameters.swarmSize),
  })
  return buildDocument({
    networkId: id,
    epoch: ((previous?.epoch ?? 0) + 1) as Epoch,
    previousHash,
    validAfter: now,
    validUntil: (now + network.parameters.documentLifetime) as UnixMillis,
    entries: descriptors.map((descriptor) => ({ descriptor, swarmId: swarms.get(descriptor.nodeId)! })),
  })
}

function activeDescriptors(known: readonly KnownNode[], reachedSince: number): Descriptor[] {
  const newest = new Map<NodeId, Descriptor>()
  const reached = new Set<NodeId>()
  for (const { descriptor, reachedAt } of known) {
    const held = newest.get(descriptor.nodeId)
    if (held === undefined || isNewerDescriptor(descriptor, held)) newest.set(descriptor.nodeId, descriptor)
    if (reachedAt >= reachedSince) reached.add(descriptor.nodeId)
  }
  return [...newest.values()].filter((descriptor) => reached.has(descriptor.nodeId) && !isLeaving(descriptor))
}
