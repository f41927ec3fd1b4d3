/**
 * The directory document that this node goes by. Invariants: only verified documents get in, never an older epoch, and
 * what was accepted is durable before anybody sees it.
 */
import {
  acceptDocument,
  type Crypto,
  DirectoryError,
  DirectoryView,
  encodeDocument,
  type NetworkFile,
  verifyDocument,
} from '@starling/protocol'
import { type Clock, type Logger, MutableObservable, type Observable } from '@starling/runtime'
import type { NodeStore } from '../storage/node-store.ts'
import { NodeStoreError } from '../storage/node-store-error.ts'

const LATEST = 'directory.latest'
/** Documents served by epoch: enough to follow the chain of hashes back a while. */
const MAX_KEPT_EPOCHS = 64

export type DirectoryKeeperOptions = {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly logger: Logger
  readonly store: NodeStore
  readonly network: NetworkFile
}

export class DirectoryKeeper {
  readonly #options: DirectoryKeeperOptions
  readonly #view = new MutableObservable<DirectoryView | undefined>(undefined)
  readonly #encoded = new Map<number, Uint8Array>()
  #offering: Promise<unknown> = Promise.resolve()

  constructor(options: DirectoryKeeperOptions) {
    this.#options = options
  }

  get view(): Observable<DirectoryView | undefined> {
    return this.#view
  }

  /** Takes up where the node left off; verified again, since the data folder may have been used for another network. */
  async load(): Promise<void> {
    const { crypto, network, store, logger } = this.#options
    const encoded = await store.getValue(LATEST)
    if (!encoded) return
    try {
      this.#take(new DirectoryView(verifyDocument(crypto, network, encoded)), encoded)
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error
      logger.error('directory.kept_document_refused', { reason: error.code })
    }
  }

  /** Encoded, as it is served; undefined if we do not have it. */
  get(epoch: number | 'latest'): Uint8Array | undefined {
    const wanted = epoch === 'latest' ? this.#view.snapshot?.document.epoch : epoch
    return wanted === undefined ? undefined : this.#encoded.get(wanted)
  }

  /** Takes the document if it is valid and newer than ours. One at a time; true if it was taken. */
  offer(encoded: Uint8Array): Promise<boolean> {
    const offering = this.#offering.then(() => this.#offer(encoded))
    this.#offering = offering.catch(() => {})
    return offering
  }

  async #offer(encoded: Uint8Array): Promise<boolean> {
    const { crypto, clock, logger, network, store } = this.#options
    try {
      const document = verifyDocument(crypto, network, encoded)
      const acceptance = acceptDocument(this.#view.snapshot?.document, document, clock.now())
      if (acceptance.kind === 'refused') logger.warn('directory.refused', { reason: acceptance.reason })
      if (acceptance.kind !== 'accepted') return false
      // Encoded anew: signatures that do not count are not passed on.
      const kept = encodeDocument(document)
      await store.setValue(LATEST, kept)
      this.#take(new DirectoryView(document), kept)
      logger.info('directory.accepted', { epoch: document.epoch, nodes: document.entries.length })
      return true
    } catch (error) {
      // What cannot be kept is not taken: after a restart we would go back. It is offered again.
      if (error instanceof NodeStoreError) logger.error('directory.not_kept', { code: error.code })
      else if (error instanceof DirectoryError) logger.warn('directory.refused', { reason: error.code })
      else throw error
      return false
    }
  }

  #take(view: DirectoryView, encoded: Uint8Array): void {
    this.#encoded.set(view.document.epoch, encoded)
    const oldest = this.#encoded.keys().next().value
    if (this.#encoded.size > MAX_KEPT_EPOCHS && oldest !== undefined) this.#encoded.delete(oldest)
    this.#view.set(view)
  }
}
