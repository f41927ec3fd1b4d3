/**
 * A small network in this process: real keys, layers, signatures and documents; no wires, no disks. For the tests of this
 * package; whole scenarios run against real nodes in testnet.
 */
import {
  buildDocument,
  type Crypto,
  type Descriptor,
  DIRECTORY_CHANGES,
  DIRECTORY_UNCHANGED,
  type DirectoryDocument,
  DirectoryView,
  days,
  documentHash,
  type Epoch,
  encodeDocument,
  encodeDocumentChanges,
  equalBytes,
  FrameKind,
  formDocument,
  fromUtf8,
  hours,
  type Millis,
  millis,
  minutes,
  type NetworkFile,
  type NodeId,
  type OnionFrame,
  onionAnswers,
  parseIpv4Address,
  parseOnionBody,
  peelOnionLayer,
  type RandomBytes,
  signDocument,
  type TextAnswer,
  utf8,
} from '@starling/protocol'
import { type Clock, type Link, LinkError, type LinkReply } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { memoryLogger, seededRandom, VirtualClock } from '@starling/runtime/testing'
import type { Client } from '../api.ts'
import { openClient } from '../create-client.ts'
import type { FileStorage } from '../files/file-storage.ts'
import type { PreviewFetcher } from '../files/preview-fetcher.ts'
import { MemoryDisk, MemoryStore } from '../store/memory-store.ts'
import { MemoryVault } from '../store/memory-vault.ts'
import type { Transport } from '../transport/transport.ts'
import { TransportError } from '../transport/transport-error.ts'
import { FakeNode } from './fake-node.ts'

export class FakeNetwork {
  readonly clock = new VirtualClock()
  readonly random: RandomBytes
  readonly crypto: Crypto = createNativeCrypto()
  readonly log = memoryLogger()
  readonly file: NetworkFile
  readonly nodes: readonly FakeNode[]
  document: DirectoryDocument
  /** Whether anybody gives out the directory. */
  servesDirectory: boolean = true
  /** What nodes answer to who asks for the directory over a link: changes, or all of it, as old ones do. */
  tellsChanges: boolean = true
  /** Is told of each of these answers. */
  onDirectory: ((reply: LinkReply) => void) | undefined
  /** The only server outside that last hops relay to: every address leads to it. */
  server: ((body: Uint8Array, lastHop: FakeNode) => Promise<LinkReply>) | undefined
  readonly #formerDocuments: DirectoryDocument[] = []
  readonly #directoryKey
  /** Nodes to which anybody ever had a link. */
  readonly formerlyLinked = new Set<NodeId>()
  readonly #links = new Set<{ readonly node: NodeId; close(): void }>()

  /** Of clients that are opened from then on. */
  files: FileStorage | undefined
  previews: PreviewFetcher | undefined

  constructor(options: { nodes?: number; swarmSize?: number; seed?: number } = {}) {
    const { nodes = 12, swarmSize = 3, seed = 1 } = options
    this.random = seededRandom(seed)
    this.#directoryKey = this.crypto.ed25519KeyPair(this.random(32))
    this.file = {
      version: 1,
      name: 'Fake',
      directoryKeys: [this.#directoryKey.publicKey],
      threshold: 1,
      bootstrap: ['http://bootstrap.test'],
      parameters: {
        swarmSize,
        hops: 3,
        epochLength: minutes(10),
        documentLifetime: hours(1),
        dropAfter: minutes(5),
        publicTtlLimit: days(14),
        privateTtlLimit: days(30),
      },
    }
    const { crypto, clock } = this
    const ports = { crypto, clock, view: () => this.view, nodeOf: (id: NodeId) => this.nodeOf(id) }
    this.nodes = Array.from({ length: nodes }, () => new FakeNode(ports, crypto.ed25519KeyPair(this.random(32))))
    this.document = this.#form(undefined)
  }

  get view(): DirectoryView {
    return new DirectoryView(this.document)
  }

  nodeOf(id: NodeId): FakeNode {
    return this.nodes.find((node) => node.id === id)!
  }

  /** Members of the swarm of a client's account. */
  swarmOf(client: Client): FakeNode[] {
    return client.network.snapshot.swarm.map(({ nodeId }) => this.nodeOf(nodeId))
  }

  /** Nodes to which anybody has a link now. */
  linkedNodes(): NodeId[] {
    return [...this.#links].map(({ node }) => node)
  }

  guardsOf(client: Client): FakeNode[] {
    const path = client.network.snapshot.path
    return path === undefined ? [] : [this.nodeOf(path.hops[0]!.nodeId)]
  }

  /** The document of the next epoch, without these nodes. */
  nextEpoch(without: readonly FakeNode[] = []): void {
    this.#formerDocuments.push(this.document)
    this.document = this.#form(this.document, without)
  }

  /** The document of the next epoch, in which the node is in another swarm than before. */
  moveAway(node: FakeNode): void {
    const { signatures: _, version: __, ...fields } = this.document
    const home = this.view.nodes.get(node.id)!.swarmId
    const other = this.view.swarmIds.find((id) => id !== home)!
    const entries = fields.entries.map((entry) =>
      entry.descriptor.nodeId === node.id ? { ...entry, swarmId: other } : entry,
    )
    this.#formerDocuments.push(this.document)
    const document = buildDocument({ ...fields, epoch: (fields.epoch + 1) as Epoch, entries })
    this.document = this.#sign(document)
  }

  /** The node is gone: its links break. */
  stop(node: FakeNode): void {
    node.isDown = true
    for (const link of this.#links) if (link.node === node.id) link.close()
  }

  /** Lets time pass in small steps until `condition` holds. */
  async until(condition: () => boolean, limit: Millis = minutes(2)): Promise<void> {
    const end = this.clock.monotonic() + limit
    while (!condition()) {
      if (this.clock.monotonic() >= end) throw new Error(`not within ${limit} ms`)
      await this.clock.advance(millis(100))
    }
  }

  /** A client on a device; the same device again gives the same store. */
  async open(device: FakeDevice): Promise<Client> {
    const { file: network, crypto, random } = this
    const logger = this.log
    const openStore = async () => new MemoryStore(device.disk)
    const { clock, vault } = device
    // As little as Argon2 allows.
    const passphraseCost = { memoryKib: 8, passes: 1 }
    const ports = { network, clock, random, crypto, logger, transport: device, openStore, vault }
    return openClient({ ...ports, passphraseCost, files: this.files, previews: this.previews })
  }

  device(options: { clockOffset?: Millis } = {}): FakeDevice {
    return new FakeDevice(this, this.clock.skewed(options.clockOffset ?? millis(0)))
  }

  async connect(descriptor: Descriptor): Promise<Link> {
    const node = this.nodeOf(descriptor.nodeId)
    if (node.isDown) throw new TransportError('unreachable')
    const closed = Promise.withResolvers<void>()
    const life = new AbortController()
    const entry = {
      node: node.id,
      close: () => {
        life.abort(new LinkError('closed'))
        this.#links.delete(entry)
        closed.resolve()
      },
    }
    this.#links.add(entry)
    this.formerlyLinked.add(node.id)
    return {
      closed: closed.promise,
      request: (kind, payload, { signal, timeout }) => {
        const either = AbortSignal.any([signal, life.signal])
        return raceAbort(either, this.clock, timeout, this.#answer(node, kind, payload, either))
      },
      async [Symbol.asyncDispose]() {
        entry.close()
      },
    }
  }

  async #answer(node: FakeNode, kind: number, payload: Uint8Array, signal: AbortSignal): Promise<LinkReply> {
    if (kind === FrameKind.directory) {
      const reply = this.#directory(payload)
      this.onDirectory?.(reply)
      return reply
    }
    return this.onion(node, payload, signal)
  }

  #directory(known: Uint8Array): LinkReply {
    if (!this.servesDirectory) return { status: 404, body: new Uint8Array() }
    const isOf = (document: DirectoryDocument) => equalBytes(documentHash(this.crypto, document), known)
    const former = this.tellsChanges ? this.#formerDocuments.find(isOf) : undefined
    if (former !== undefined) return { status: DIRECTORY_CHANGES, body: encodeDocumentChanges(former, this.document) }
    const isLatest = this.tellsChanges && isOf(this.document)
    if (isLatest) return { status: DIRECTORY_UNCHANGED, body: new Uint8Array() }
    return { status: 200, body: encodeDocument(this.document) }
  }

  /** What a node answers to the onion request in `payload`, itself or from behind it. */
  async onion(node: FakeNode, payload: Uint8Array, signal: AbortSignal): Promise<LinkReply> {
    const parsed = parseOnionBody(payload)
    if (parsed.kind !== 'frame') return plain(onionAnswers.tooManyHops())
    return this.#pass(node, parsed.frame, signal)
  }

  async #pass(node: FakeNode, frame: OnionFrame, signal: AbortSignal): Promise<LinkReply> {
    if (node.isMute) return new Promise(() => {})
    const { crypto, random } = this
    const peeled = peelOnionLayer({ crypto, random, own: node.keys, frame })
    switch (peeled.kind) {
      case 'final':
        return { status: 200, body: peeled.reply.seal(await node.answer(fromUtf8(peeled.request), signal)) }
      case 'relay': {
        const next = this.nodes.find(({ id }) => id === peeled.next)
        if (next === undefined) return plain(onionAnswers.nextNodeNotFound(peeled.next))
        if (next.isDown) return plain(onionAnswers.nextNodeUnreachable(next.id))
        return this.#pass(next, peeled.forward, signal)
      }
      case 'server': {
        using reply = peeled.reply
        if (this.server !== undefined) return this.server(peeled.body, node)
        return { status: 200, body: reply.seal({ status: 400, body: 'Invalid url', isJson: false }) }
      }
      default:
        return plain(onionAnswers.invalidCiphertext())
    }
  }

  #form(previous: DirectoryDocument | undefined, without: readonly FakeNode[] = []): DirectoryDocument {
    const all = this.nodes.map((node, i) => ({
      node,
      descriptor: this.#describe(node, i),
      reachedAt: this.clock.now(),
    }))
    const known = all.filter(({ node }) => !without.includes(node))
    const document = formDocument(this.crypto, { previous, network: this.file, known, now: this.clock.now() })
    return this.#sign(document)
  }

  #sign(document: DirectoryDocument): DirectoryDocument {
    return signDocument(this.crypto, document, { keyIndex: 0, secretKey: this.#directoryKey.secretKey })
  }

  #describe(node: FakeNode, index: number): Descriptor {
    return {
      version: 1,
      nodeId: node.id,
      encryptionKey: node.keys.publicKey,
      address: parseIpv4Address(`10.${index >> 8}.${index & 255}.1`),
      httpsPort: 443,
      peerPort: 444,
      certificateHash: new Uint8Array(32),
      webUrl: '',
      operator: `operator ${index}`,
      softwareVersion: 'fake',
      capabilities: 0,
      timestamp: this.clock.now(),
    }
  }
}

/** What outlives a client: its disk, its vault, its clock; and its way to the network. */
export class FakeDevice implements Transport {
  readonly disk = new MemoryDisk()
  readonly vault: MemoryVault
  readonly clock
  readonly #network: FakeNetwork
  readonly #listeners = new Set<() => void>()
  /** Documents that it got from a bootstrap URL. */
  directoriesFetched: number = 0
  #isOffline = false

  constructor(network: FakeNetwork, clock: ReturnType<VirtualClock['skewed']>) {
    this.#network = network
    this.clock = clock
    this.vault = new MemoryVault(network.random)
  }

  get offline(): boolean {
    return this.#isOffline
  }

  set offline(offline: boolean) {
    this.#isOffline = offline
    for (const listener of this.#listeners) listener()
  }

  async connect(node: Descriptor): Promise<Link> {
    if (this.#isOffline) throw new TransportError('unreachable')
    return this.#network.connect(node)
  }

  async fetchDirectory(): Promise<Uint8Array> {
    if (this.#isOffline || !this.#network.servesDirectory) throw new TransportError('unreachable')
    this.directoriesFetched++
    return encodeDocument(this.#network.document)
  }

  onNetworkChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

async function raceAbort(
  signal: AbortSignal,
  clock: Clock,
  timeout: Millis,
  answer: Promise<LinkReply>,
): Promise<LinkReply> {
  const timer = new AbortController()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  const expired = clock.sleep(timeout, { signal: timer.signal }).then(() => {
    throw new LinkError('timeout')
  })
  expired.catch(() => {})
  answer.catch(() => {})
  try {
    return await Promise.race([answer, aborted.promise, expired])
  } finally {
    timer.abort()
    signal.removeEventListener('abort', abort)
  }
}

function plain(answer: TextAnswer): LinkReply {
  return { status: answer.status, body: utf8(answer.body) }
}
