import { MessengerError } from '@starling/protocol'

/**
 * The storage cannot do it now. Nothing that was acknowledged is lost.
 *
 * - `full`: the size limit or the disk is reached; reads, deletions and smaller messages may still succeed.
 * - `busy`: too many writes are waiting for the disk; the same call succeeds a moment later.
 * - `io`: the disk refuses, is read-only or holds something that is not this storage.
 * - `schema`: written by a newer version, or by another program.
 * - `closed`: disposed of, or crashed before the write was durable.
 */
export class NodeStoreError extends MessengerError {
  override readonly name = 'NodeStoreError'
  readonly fault = 'environment'
  readonly code: 'full' | 'busy' | 'io' | 'closed' | 'schema'
  constructor(code: NodeStoreError['code'], options?: ErrorOptions) {
    super(`node store: ${code}`, options)
    this.code = code
  }
}
