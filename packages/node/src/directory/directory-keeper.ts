/**
 * The directory document that this node goes by. Invariants: only verified documents get in, never an older epoch, and
 * what was accepted is durable before anybody sees it.
 */
import {
  acceptDocument,
  bytes,
  type Crypto,
  DIRECTORY_CHANGES,
  DIRECTORY_UNCHANGED,
  type DirectoryDocument,
  DirectoryError,
  DirectoryView,
  days,
  decodeDocument,
  documentHash,
  type Ed25519PublicKey,
  encodeDocument,
  encodeDocumentChanges,
  list,
  type NetworkFile,
  type NodeId,
  nodeIdBytes,
  nodeIdOf,
  safeU64,
  struct,
  toHex,
  type UnixMillis,
  u32be,
  verifyDocument,
} from '@starling/protocol'
import { type Clock, type LinkReply, type Logger, MutableObservable, type Observable } from '@starling/runtime'
import type { NodeStore } from '../storage/node-store.ts'
import { NodeStoreError } from '../storage/node-store-error.ts'

const LATEST = 'directory.latest'
const DEPARTED = 'directory.departed'
/** Documents served by epoch: enough to follow the chain of hashes back a while. */
const MAX_KEPT_EPOCHS = 64
const HASH_SIZE = 32
/** How long a node that left may hand over what it has, and how many of those we remember: the newest. */
const DEPARTED_FOR = days(7)
const MAX_DEPARTED = 1_000
const departedCodec = list(u32be, struct({ nodeId: bytes<Ed25519PublicKey>(32), since: safeU64<UnixMillis>() }), {
  max: MAX_DEPARTED,
})

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
  /** Of the same documents: their epochs by their hashes. */
  readonly #epochs = new Map<string, number>()
  /** To the latest document, by the epoch that they begin with. */
  readonly #changes = new Map<number, Uint8Array>()
  #departed: ReadonlyMap<NodeId, UnixMillis> = new Map()
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
    this.#departed = decodeDeparted(await store.getValue(DEPARTED))
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

  /**
   * The latest for somebody who names the hash of what they have: nothing new, what has changed, or all of it. Anything
   * else than a hash of a document that we have counts as nothing.
   */
  answer(hash: Uint8Array): LinkReply {
    const latest = this.#view.snapshot?.document
    const whole = this.get('latest')
    if (latest === undefined || whole === undefined) return { status: 404, body: new Uint8Array() }
    const epoch = hash.length === HASH_SIZE ? this.#epochs.get(toHex(hash)) : undefined
    if (epoch === latest.epoch) return { status: DIRECTORY_UNCHANGED, body: new Uint8Array() }
    const changes = epoch === undefined ? undefined : this.#changesFrom(epoch, latest)
    if (changes === undefined || changes.length >= whole.length) return { status: 200, body: whole }
    return { status: DIRECTORY_CHANGES, body: changes }
  }

  /** Computed once for all who ask. */
  #changesFrom(epoch: number, latest: DirectoryDocument): Uint8Array | undefined {
    const encoded = this.#encoded.get(epoch)
    if (encoded === undefined) return undefined
    const known = this.#changes.get(epoch) ?? encodeDocumentChanges(decodeDocument(encoded), latest)
    this.#changes.set(epoch, known)
    return known
  }

  /** Whether the node was in a directory of ours within the last week, and is not now: it may still hand over what it has. */
  hasDeparted(nodeId: NodeId): boolean {
    const since = this.#departed.get(nodeId)
    return since !== undefined && this.#options.clock.now() - since < DEPARTED_FOR
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
      const departed = this.#departedWith(document)
      if (departed !== this.#departed) await store.setValue(DEPARTED, encodeDeparted(departed))
      await store.setValue(LATEST, kept)
      this.#departed = departed
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

  /** The same map, if nobody comes or goes. */
  #departedWith(document: DirectoryDocument): ReadonlyMap<NodeId, UnixMillis> {
    const now = this.#options.clock.now()
    const present = new Set(document.entries.map(({ descriptor }) => descriptor.nodeId))
    const gone = [...(this.#view.snapshot?.nodes.keys() ?? [])].filter((nodeId) => !present.has(nodeId))
    const remembered = [...this.#departed].filter(([id, since]) => !present.has(id) && now - since < DEPARTED_FOR)
    if (gone.length === 0 && remembered.length === this.#departed.size) return this.#departed
    return new Map([...remembered, ...gone.map((nodeId) => [nodeId, now] as const)].slice(-MAX_DEPARTED))
  }

  #take(view: DirectoryView, encoded: Uint8Array): void {
    const { epoch } = view.document
    this.#encoded.set(epoch, encoded)
    this.#epochs.set(toHex(documentHash(this.#options.crypto, view.document)), epoch)
    this.#changes.clear()
    if (this.#encoded.size > MAX_KEPT_EPOCHS) {
      this.#encoded.delete(this.#encoded.keys().next().value!)
      this.#epochs.delete(this.#epochs.keys().next().value!)
    }
    this.#view.set(view)
  }
}

function encodeDeparted(departed: ReadonlyMap<NodeId, UnixMillis>): Uint8Array {
  return departedCodec.encode([...departed].map(([nodeId, since]) => ({ nodeId: nodeIdBytes(nodeId), since })))
}

function decodeDeparted(encoded: Uint8Array | undefined): ReadonlyMap<NodeId, UnixMillis> {
  if (!encoded) return new Map()
  return new Map(departedCodec.decode(encoded).map(({ nodeId, since }) => [nodeIdOf(nodeId), since]))
}
