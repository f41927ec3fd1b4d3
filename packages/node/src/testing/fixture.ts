/**
 * Real nodes on memory disks and virtual time, for the tests of this package. Requests between them are function calls
 * that a test can cut, answer itself, or leave without an answer. Documents are formed by hand: `form`.
 */
import {
  buildDocument,
  type Descriptor,
  days,
  deriveAccountKeys,
  type Ed25519KeyPair,
  type Epoch,
  type ExitHost,
  encodeDocument,
  FrameKind,
  fromUtf8,
  millis,
  type NetworkFile,
  type NodeId,
  networkId,
  nodeIdOf,
  parseAccountSeed,
  parseIpv4Address,
  parseSwarmId,
  SecretKey,
  seconds,
  signDocument,
  toBase64,
  toHex,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { type LinkReply, withTimeout } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { type MemoryLogger, memoryLogger, seededRandom, settle, VirtualClock } from '@starling/runtime/testing'
import { PeerError } from '../peer-error.ts'
import type { NodePorts, PeerNetwork } from '../ports.ts'
import { StarlingNode } from '../starling-node.ts'
import { MemoryDisk } from '../storage/memory-disk.ts'
import { openMemoryStore } from '../storage/memory-store.ts'
import type { NodeStore } from '../storage/node-store.ts'

export const crypto = createNativeCrypto()
const directoryKeys = crypto.ed25519KeyPair(new Uint8Array(32).fill(200))

export const networkFile: NetworkFile = {
  version: 1,
  name: 'Test',
  directoryKeys: [directoryKeys.publicKey],
  threshold: 1,
  bootstrap: ['http://192.0.2.1'],
  parameters: {
    swarmSize: 3,
    hops: 3,
    epochLength: seconds(20),
    documentLifetime: days(1),
    dropAfter: seconds(60),
    publicTtlLimit: days(14),
    privateTtlLimit: days(30),
  },
}
export const directoryKey = () => new SecretKey(directoryKeys.secretKey.slice() as typeof directoryKeys.secretKey)

/** What becomes of a request: `undefined`: it arrives; `unheard`: it arrives, and its answer does not. */
export type Fate = 'unreachable' | 'silent' | 'unheard' | LinkReply | undefined

/** What happens to requests between two nodes, at once or after a while. */
export type Wire = (request: {
  readonly from: FixtureNode
  readonly to: FixtureNode
  readonly kind: number
  readonly payload: Uint8Array
}) => Fate | Promise<Fate>

// biome-ignore lint/suspicious/noExplicitAny: the JSON of answers, whose form is what tests are about
export type FixtureAnswer = { readonly status: number; readonly body: any }

export class FixtureNode {
  readonly index: number
  readonly keys: Ed25519KeyPair
  readonly nodeId: NodeId
  readonly disk: MemoryDisk
  readonly log: MemoryLogger = memoryLogger()
  readonly clock
  /** Kinds of the requests that peers sent. */
  readonly received: number[] = []
  node!: StarlingNode
  store!: NodeStore
  isUp = false

  constructor(index: number, clock: VirtualClock) {
    this.index = index
    this.keys = crypto.ed25519KeyPair(new Uint8Array(32).fill(index + 1))
    this.nodeId = nodeIdOf(this.keys.publicKey)
    this.clock = clock.skewed(millis(0))
    this.disk = new MemoryDisk({ clock, writeDelay: millis(0) })
  }

  get descriptor(): Omit<Descriptor, 'timestamp'> {
    return {
      version: 1,
      nodeId: this.nodeId,
      encryptionKey: crypto.ed25519ToX25519(this.keys.publicKey),
      address: parseIpv4Address(`192.0.2.${this.index + 1}`),
      httpsPort: 22_021,
      peerPort: 22_020,
      certificateHash: new Uint8Array(32),
      webUrl: '',
      operator: '',
      softwareVersion: '0',
      capabilities: 0,
    }
  }

  /** As a client would, over HTTP. */
  async ask(method: string, params: object): Promise<FixtureAnswer> {
    return this.post(JSON.stringify({ method, params }))
  }

  async post(text: string, signal = new AbortController().signal): Promise<FixtureAnswer> {
    const answer = await this.node.answer({ kind: 'rpc', body: utf8(text) }, signal)
    const body = fromUtf8(answer.body)
    return { status: answer.status, body: answer.contentType === 'application/json' ? JSON.parse(body) : body }
  }
}

export class Fixture implements AsyncDisposable {
  readonly clock = new VirtualClock({ start: unixMillis(1_700_000_000_000) })
  readonly nodes: readonly FixtureNode[]
  wire: Wire = () => undefined
  /** For nodes that start from now on. */
  ports: Pick<NodePorts, 'exit' | 'aesCbc'> = {}
  exits: readonly ExitHost[] = []
  #epoch = 0
  #previous: Uint8Array = new Uint8Array(32)

  /** Nodes that run their loops, all in the swarm `0` unless `swarms` says otherwise. */
  static async create(count: number, swarms: readonly string[] = []): Promise<Fixture> {
    const fixture = new Fixture(count)
    for (const node of fixture.nodes) await fixture.start(node)
    await fixture.publish(fixture.form(fixture.nodes.map((node, index) => [node, swarms[index] ?? '0'])))
    return fixture
  }

  constructor(count: number) {
    this.nodes = Array.from({ length: count }, (_, index) => new FixtureNode(index, this.clock))
  }

  async start(node: FixtureNode): Promise<void> {
    node.store = await openMemoryStore(node.disk)
    node.node = new StarlingNode(
      {
        network: networkFile,
        secretKey: new SecretKey(node.keys.secretKey),
        descriptor: node.descriptor,
        exits: this.exits,
      },
      {
        clock: node.clock,
        random: seededRandom(node.index),
        crypto,
        logger: node.log,
        store: node.store,
        peers: this.#peersOf(node),
        bootstrap: { announce: () => Promise.reject(new PeerError('unreachable')) },
        ...this.ports,
      },
    )
    await node.node.start()
    node.isUp = true
  }

  /** In good order. */
  async stop(node: FixtureNode): Promise<void> {
    node.isUp = false
    await node.node[Symbol.asyncDispose]()
  }

  /** The next document, with these nodes in these swarms. */
  form(entries: readonly (readonly [FixtureNode, string])[]): Uint8Array {
    this.#epoch++
    const document = buildDocument({
      networkId: networkId(crypto, networkFile),
      epoch: this.#epoch as Epoch,
      previousHash: this.#previous as never,
      validAfter: this.clock.now(),
      validUntil: unixMillis(this.clock.now() + days(1)),
      entries: entries.map(([{ descriptor }, swarm]) => ({
        descriptor: { ...descriptor, timestamp: this.clock.now() },
        swarmId: parseSwarmId(swarm),
      })),
    })
    const key = { keyIndex: 0, secretKey: directoryKeys.secretKey }
    return encodeDocument(signDocument(crypto, document, key))
  }

  /** To all nodes that run. Those that can have caught up with each other when it resolves. */
  async publish(document: Uint8Array): Promise<void> {
    const signal = new AbortController().signal
    const running = this.nodes.filter(({ isUp }) => isUp)
    await Promise.all(running.map(({ node, nodeId }) => node.answerPeer(nodeId, FrameKind.publish, document, signal)))
    await settle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) if (node.isUp) await this.stop(node)
  }

  #peersOf(from: FixtureNode): PeerNetwork {
    return {
      request: async (descriptor, kind, payload, { signal, timeout }) => {
        const to = this.nodes.find(({ nodeId }) => nodeId === descriptor.nodeId)
        const fate = to?.isUp ? this.wire({ from, to, kind, payload }) : 'unreachable'
        if (!to || fate === 'unreachable') throw new PeerError('unreachable')
        if (typeof fate === 'object' && 'status' in fate) return fate
        to.received.push(kind)
        try {
          return await withTimeout(this.clock, timeout, signal, async (limited) => {
            const known = fate instanceof Promise ? await fate : fate
            if (typeof known === 'object') return known
            if (known === 'unreachable' || !to.isUp) throw new PeerError('unreachable')
            const reply = known === 'silent' ? undefined : await to.node.answerPeer(from.nodeId, kind, payload, limited)
            if (reply && known !== 'unheard') return reply
            return new Promise<never>((_, reject) => limited.addEventListener('abort', () => reject(limited.reason)))
          })
        } catch (error) {
          if (signal.aborted) throw signal.reason
          if (error instanceof PeerError) throw error
          throw new PeerError('timeout', { cause: error })
        }
      },
    }
  }
}

/** An account that signs by hand: texts as the specification has them, not by our own code. */
export class FixtureAccount {
  readonly keys
  readonly owner: string
  readonly signingKey: string

  constructor(number: number) {
    this.keys = deriveAccountKeys(crypto, parseAccountSeed(new Uint8Array(16).fill(number)))
    this.owner = this.keys.accountId
    this.signingKey = toHex(this.keys.signing.publicKey)
  }

  sign(text: string): string {
    return this.keys.signing.secretKey.use((key) => toBase64(crypto.ed25519Sign(key, utf8(text))))
  }

  /** `pubkey`, `pubkey_ed25519` and the signature of `text`. */
  proof(text: string): { pubkey: string; pubkey_ed25519: string; signature: string } {
    return { pubkey: this.owner, pubkey_ed25519: this.signingKey, signature: this.sign(text) }
  }

  store(now: number, text = 'hello', change: object = {}): object {
    return { pubkey: this.owner, timestamp: now, ttl: 86_400_000, data: toBase64(utf8(text)), ...change }
  }

  retrieve(now: number, change: { namespace?: number; wait?: number } = {}): object {
    return { ...this.proof(`retrieve${change.namespace || ''}${now}`), timestamp: now, ...change }
  }
}

/** Lets promises settle, and `duration` of virtual time pass. */
export async function pass(fixture: Fixture, duration: number): Promise<void> {
  await fixture.clock.advance(millis(duration))
}

/** The texts that an owner's messages on one node hold, by the node's own answer. */
export async function texts(node: FixtureNode, account: FixtureAccount, namespace = 0): Promise<string[]> {
  const params = account.retrieve(node.clock.now(), namespace === 0 ? {} : { namespace })
  const { body } = await node.ask('retrieve', params)
  return body.messages.map(({ data }: { data: string }) => Buffer.from(data, 'base64').toString())
}
