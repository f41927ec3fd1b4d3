import { MessengerError } from '@starling/protocol'

/**
 * The storage cannot do it now. Nothing that was acknowledged is lost.
 *
 * - `full`: the size limit or the disk is reached; reads, deletions and smaller messages may still succeed.
 * - `owner_full`: the owner has as much as an owner may have.
 * - `busy`: too many writes are waiting for the disk; the same call succeeds a moment later.
 * - `not_writable`: the file or its folder may not be written, or the file system is read-only.
 * - `damaged`: what lies on the disk is not what was written there; what is sound can still be read.
 * - `io`: the disk refuses, for another reason.
 * - `schema`: written by a newer version, or by another program.
 * - `closed`: disposed of, or crashed before the write was durable.
 */
export class NodeStoreError extends MessengerError {
  override readonly name = 'NodeStoreError'
  readonly fault = 'environment'
  readonly code: 'full' | 'owner_full' | 'busy' | 'not_writable' | 'damaged' | 'io' | 'closed' | 'schema'
  constructor(code: NodeStoreError['code'], options?: ErrorOptions) {
    super(`node store: ${code}`, options)
    this.code = code
  }
}
