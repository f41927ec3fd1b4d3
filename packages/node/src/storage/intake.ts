/** What other members push: verified item by item as if it came from a client, before anything of it is kept. */
import {
  CodecError,
  type Crypto,
  clampExpiry,
  type DirectoryView,
  deriveMessageHash,
  MalformedInputError,
  type NodeId,
  ownerBytes,
  TRANSFER_OUTCOMES,
  type TransferItem,
  transferReply,
  transferRequest,
  utf8,
  verifyStoreAuthorisation,
} from '@starling/protocol'
import type { Clock, LinkReply, Logger, Observable } from '@starling/runtime'
import { NodeStoreError } from './node-store-error.ts'
import type { OwnStorage } from './own-storage.ts'
import { isRevoked } from './revocations.ts'

export type IntakeOptions = {
  readonly nodeId: NodeId
  readonly crypto: Crypto
  readonly clock: Clock
  readonly logger: Logger
  readonly view: Observable<DirectoryView | undefined>
  readonly own: Pick<OwnStorage, 'keep'>
}

export class Intake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Messages that we missed, from another member: verified one by one. */
  async take(from: NodeId, payload: Uint8Array): Promise<LinkReply> {
    let items: readonly TransferItem[]
    try {
      items = transferRequest.decode(payload).items
    } catch (error) {
      if (error instanceof CodecError || error instanceof MalformedInputError)
        return { status: 400, body: utf8(error.code) }
      throw error
    }
    const codes = await Promise.all(items.map((item) => this.#takeOne(from, item)))
    return { status: 200, body: transferReply.encode(codes) }
  }

  /**
   * Hash, range, expiry and authorisation are ours to judge, whoever sends it. The time of sending is not: who acknowledged
   * the message has judged it, and a message whose expiry was changed may be older or younger than any TTL allows.
   */
  async #takeOne(from: NodeId, item: TransferItem): Promise<number> {
    const { crypto, view, nodeId, logger, clock, own } = this.#options
    if (item.kind === 'record') return TRANSFER_OUTCOMES.later
    const now = clock.now()
    const key = ownerBytes(item.owner).subarray(1)
    const directory = view.snapshot
    if (!directory?.isMember(nodeId, key)) return TRANSFER_OUTCOMES.later
    const valid = item.expiry > now && verifyStoreAuthorisation(crypto, item, isRevoked)
    if (!valid) {
      logger.warn('transfer.refused')
      return TRANSFER_OUTCOMES.refused
    }
    // Its sender may have left the swarm since; then it must at least still be a node, which the link has proven.
    if (!directory.nodes.has(from)) return TRANSFER_OUTCOMES.later
    const hash = deriveMessageHash(crypto, item.owner, item.namespace, item.data)
    try {
      // Members' clocks differ: clamped as by `expire`, not refused.
      await own.keep({ ...item, hash, expiry: clampExpiry(item.expiry, now) })
      return TRANSFER_OUTCOMES.stored
    } catch (error) {
      if (!(error instanceof NodeStoreError)) throw error
      return TRANSFER_OUTCOMES.later
    }
  }
}
