/**
 * What makes the document of a later epoch of one that somebody has: of most nodes the time alone has changed, so that it is a
 * thirtieth of the whole. Whoever applies it verifies the outcome like any other document. @see docs/protocol/directory.md §6
 */
import type { UnixMillis } from '../brand.ts'
import { equalBytes } from '../bytes/bytes.ts'
import { bytes, CodecError, constant, list, safeU64, struct, u8, u16be, u32be } from '../codec/codec.ts'
import { compareNodeIds, type NodeId } from '../swarm/node-id.ts'
import { DESCRIPTOR_MAX_SKEW } from './descriptor.ts'
import { DirectoryError } from './directory-error.ts'
import {
  type DirectoryDocument,
  type DocumentHash,
  type Epoch,
  encodeDocument,
  MAX_DOCUMENT_ENTRIES,
  type NodeEntry,
  nodeEntry,
  signatureList,
} from './document.ts'

/** Statuses of answers about the document: it is what the asker has; what is to be changed in that. */
export const DIRECTORY_UNCHANGED = 204
export const DIRECTORY_CHANGES = 226

const LATEST = 2 ** 32 - 1
const max = MAX_DOCUMENT_ENTRIES
const changesCodec = struct({
  version: constant(u8, 1),
  epoch: safeU64<Epoch>(),
  previousHash: bytes<DocumentHash>(32),
  validAfter: safeU64<UnixMillis>(),
  validUntil: safeU64<UnixMillis>(),
  /** Places in the earlier document. */
  removed: list(u16be, u16be, { max }),
  /** Places in the earlier document, and how many milliseconds before the latest possible time their descriptors were made. */
  retimed: list(u16be, struct({ place: u16be, before: u32be }), { max }),
  /** New nodes, and those of which more has changed. */
  put: list(u16be, nodeEntry, { max }),
  signatures: signatureList,
})

/** From `before` to `after`, of the same network. */
export function encodeDocumentChanges(before: DirectoryDocument, after: DirectoryDocument): Uint8Array {
  const { epoch, previousHash, validAfter, validUntil, signatures } = after
  const next = new Map(after.entries.map((entry) => [entry.descriptor.nodeId, entry]))
  const removed: number[] = []
  const retimed: { place: number; before: number }[] = []
  const put: NodeEntry[] = []
  for (const [place, entry] of before.entries.entries()) {
    const changed = next.get(entry.descriptor.nodeId)
    next.delete(entry.descriptor.nodeId)
    if (changed === undefined) removed.push(place)
    else if (!isSame(entry, changed)) {
      const time = latestTime(validAfter) - changed.descriptor.timestamp
      const isLater = isSame(withTime(entry, changed.descriptor.timestamp), changed) && time >= 0 && time <= LATEST
      if (isLater) retimed.push({ place, before: time })
      else put.push(changed)
    }
  }
  put.push(...next.values())
  const fields = { epoch, previousHash, validAfter, validUntil, removed, retimed, put, signatures }
  return changesCodec.encode({ version: 1, ...fields })
}

/**
 * The later document, encoded; not verified.
 *
 * @throws {DirectoryError} `malformed`: no changes, or not of this document
 */
export function applyDocumentChanges(before: DirectoryDocument, encoded: Uint8Array): Uint8Array {
  try {
    const { version: _, removed, retimed, put, signatures, ...fields } = changesCodec.decode(encoded)
    const entries = new Map<NodeId, NodeEntry>()
    for (const entry of before.entries) entries.set(entry.descriptor.nodeId, entry)
    const at = (place: number) => {
      const entry = before.entries[place]
      if (entry === undefined) throw new DirectoryError('malformed', 'place')
      return entry
    }
    for (const place of removed) entries.delete(at(place).descriptor.nodeId)
    for (const { place, before: time } of retimed) {
      const entry = at(place)
      entries.set(entry.descriptor.nodeId, withTime(entry, latestTime(fields.validAfter) - time))
    }
    for (const entry of put) entries.set(entry.descriptor.nodeId, entry)
    const ordered = [...entries.values()].sort((a, b) => compareNodeIds(a.descriptor.nodeId, b.descriptor.nodeId))
    return encodeDocument({ version: 1, networkId: before.networkId, ...fields, entries: ordered, signatures })
  } catch (error) {
    if (error instanceof CodecError) throw new DirectoryError('malformed', error.code, { cause: error })
    throw error
  }
}

function latestTime(validAfter: UnixMillis): number {
  return validAfter + DESCRIPTOR_MAX_SKEW
}

function withTime(entry: NodeEntry, timestamp: number): NodeEntry {
  return { ...entry, descriptor: { ...entry.descriptor, timestamp: timestamp as UnixMillis } }
}

function isSame(a: NodeEntry, b: NodeEntry): boolean {
  return equalBytes(nodeEntry.encode(a), nodeEntry.encode(b))
}
