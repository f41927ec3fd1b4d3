/**
 * A node without its sockets: functions from request to answer, and the loops behind them. `bin/` puts servers in front of
 * it, testnet puts it on simulated wires. Invariants: public answers never wait for a disk or a peer without a bound; a
 * peer gets nothing but probes answered unless the directory knows it.
 */
import {
  type Descriptor,
  type Ed25519SecretKey,
  type ExitHost,
  FrameKind,
  formatNetworkFile,
  type NetworkFile,
  type NodeId,
  nodeIdBytes,
  onionAnswers,
  type SecretKey,
  type TextAnswer,
  toBase64,
  utf8,
  type X25519KeyPair,
} from '@starling/protocol'
import { type LinkReply, TaskGroup } from '@starling/runtime'
import { runAnnouncer } from './directory/announcer.ts'
import { DirectoryKeeper } from './directory/directory-keeper.ts'
import { type Admission, DirectoryMember } from './directory/directory-member.ts'
import { Membership } from './directory/membership.ts'
import { answerSeed } from './directory/seed-rpc.ts'
import { observed } from './metrics/measured.ts'
import type { NodeStatus } from './node-status.ts'
import type { LinkPeer, NodePorts, NodeSurfaces, PublicAnswer, PublicRequest } from './ports.ts'
import { Relay } from './relay/relay.ts'
import { contentBytes, type EncodedContent } from './rpc/rpc-content.ts'
import { RpcRouter } from './rpc/rpc-router.ts'
import { tokenText } from './storage/change-record.ts'
import { HeldRetrievals } from './storage/held-retrievals.ts'
import { MemberStorage } from './storage/member-storage.ts'
import { Subscriptions } from './subscriptions/subscriptions.ts'

const HELD_LIMITS = { total: 20_000, perOwner: 64 }
const NO_BODY = new Uint8Array()

export type NodeSettings = {
  readonly network: NetworkFile
  readonly secretKey: SecretKey<Ed25519SecretKey>
  /** What the node says of itself. */
  readonly descriptor: Omit<Descriptor, 'timestamp'>
  /** Servers that it relays to besides those of the network file. */
  readonly exits?: readonly ExitHost[]
  readonly directory?: {
    readonly keyIndex: number
    readonly secretKey: SecretKey<Ed25519SecretKey>
    readonly admission: Admission
  }
}

export class StarlingNode implements NodeSurfaces, AsyncDisposable {
  readonly nodeId: NodeId
  readonly keeper: DirectoryKeeper
  /** Whether it wants to be in the directory. */
  readonly membership = new Membership()
  readonly #settings: NodeSettings
  readonly #ports: NodePorts
  readonly #member: DirectoryMember | undefined
  readonly #held: HeldRetrievals
  readonly #subscriptions: Subscriptions
  readonly #storage: MemberStorage
  readonly #router: RpcRouter
  readonly #relay: Relay
  readonly #tasks: TaskGroup

  constructor(settings: NodeSettings, ports: NodePorts) {
    const { crypto, clock, logger, store, peers, random } = ports
    const { network, secretKey } = settings
    const { nodeId } = settings.descriptor
    const keys = encryptionKeys(settings, ports)
    this.nodeId = nodeId
    this.#settings = settings
    this.#ports = ports
    this.#tasks = new TaskGroup({
      onFailure: (task, error) => logger.error('node.task_failed', { task, code: codeOf(error) }),
    })
    this.keeper = new DirectoryKeeper({ crypto, clock, logger: logger.child('directory'), store, network })
    const view = this.keeper.view
    this.#held = new HeldRetrievals(clock, HELD_LIMITS)
    this.#subscriptions = new Subscriptions({
      nodeId,
      crypto,
      clock,
      logger: logger.child('subscriptions'),
      view,
      isRevoked: async (owner, token) => (await store.revokedTokens(owner)).has(tokenText(token)),
    })
    this.#storage = new MemberStorage({
      ...ports,
      nodeId,
      secretKey,
      view,
      held: this.#held,
      subscriptions: this.#subscriptions,
    })
    const { observer } = ports
    const service = observer ? observed(this.#storage.service, observer, clock) : this.#storage.service
    this.#router = new RpcRouter({ storage: service, held: this.#held })
    this.#relay = new Relay({
      nodeId,
      keys,
      crypto,
      random,
      clock,
      logger: logger.child('relay'),
      peers,
      aesCbc: ports.aesCbc,
      exit: ports.exit,
      exits: [...(network.exits ?? []), ...(settings.exits ?? [])],
      descriptorOf: (id) => view.snapshot?.nodes.get(id)?.descriptor,
      answer: (request, signal) => this.#router.answer(request, signal),
    })
    this.#member =
      settings.directory &&
      new DirectoryMember({
        ...settings.directory,
        crypto,
        clock,
        logger: logger.child('directory'),
        keeper: this.keeper,
        peers,
        network,
        ownId: nodeId,
      })
  }

  /** Loads what the node knew, and starts its loops. */
  async start(): Promise<void> {
    await this.keeper.load()
    const { crypto, clock, random, logger, peers, bootstrap } = this.#ports
    const { network, secretKey, descriptor } = this.#settings
    const announcer = {
      crypto,
      clock,
      random,
      logger,
      keeper: this.keeper,
      peers,
      bootstrap,
      network,
      nodeId: this.nodeId,
      secretKey,
      describe: () => descriptor,
      membership: this.membership,
    }
    const member = this.#member
    if (member) this.#tasks.run('directory', (signal) => member.run(signal))
    this.#tasks.run('announce', (signal) => runAnnouncer(announcer, signal))
    this.#tasks.run('subscriptions', (signal) => this.#subscriptions.run(signal))
    this.#storage.run(this.#tasks)
  }

  /**
   * What an operator wants to know. Cheap: to be asked every second.
   *
   * @throws {NodeStoreError} `io`, `damaged`, `closed`
   */
  async status(): Promise<NodeStatus> {
    const view = this.keeper.view.snapshot
    const directory = view && {
      epoch: view.document.epoch,
      nodes: view.nodes.size,
      swarms: view.swarmIds.length,
      validAfter: view.document.validAfter,
      validUntil: view.document.validUntil,
    }
    const { count: held } = this.#held
    const storage = await this.#storage.status()
    const { underWay: onions } = this.#relay
    const { count: subscriptions } = this.#subscriptions
    return { nodeId: this.nodeId, directory, ...storage, held, onions, subscriptions }
  }

  async answer(request: PublicRequest, signal: AbortSignal): Promise<PublicAnswer> {
    switch (request.kind) {
      case 'rpc':
        return this.#notReady() ?? fromContent(await this.#router.answerAny(request.body, signal))
      case 'onion': {
        const reply = await this.#onion(() => this.#relay.fromClient(request.body, signal))
        return { status: reply.status, contentType: 'text/plain', body: reply.body }
      }
      case 'seed':
        return answerSeed(request.body, this.keeper.view.snapshot)
      case 'announce':
        return this.#answerAnnouncement(request.body)
      case 'directory':
        return binary(this.keeper.get(request.epoch))
      case 'network':
        return { status: 200, contentType: 'application/json', body: utf8(formatNetworkFile(this.#settings.network)) }
      case 'health':
        return this.#health()
    }
  }

  async answerLink(kind: number, payload: Uint8Array, signal: AbortSignal, peer?: LinkPeer): Promise<LinkReply> {
    switch (kind) {
      case FrameKind.rpc: {
        const answer = await this.answer({ kind: 'rpc', body: payload }, signal)
        return { status: answer.status, body: answer.body }
      }
      case FrameKind.onion:
        return this.#onion(() => this.#relay.fromClient(payload, signal))
      case FrameKind.monitor:
        if (peer === undefined) return { status: 501, body: NO_BODY }
        return this.#notReady() ?? this.#subscriptions.answer(peer, payload)
      case FrameKind.directory:
        return this.keeper.answer(payload)
      case FrameKind.probe:
        return { status: 200, body: NO_BODY }
      default:
        return { status: 501, body: NO_BODY }
    }
  }

  /** Whether the directory knows a node, or did until lately: others get little more on peer links than answers to probes. */
  knows(nodeId: NodeId): boolean {
    return this.keeper.view.snapshot?.nodes.has(nodeId) === true || this.keeper.hasDeparted(nodeId)
  }

  async answerPeer(from: NodeId, kind: number, payload: Uint8Array, signal: AbortSignal): Promise<LinkReply> {
    if (kind === FrameKind.probe) return { status: 200, body: NO_BODY }
    // Signed, so it does not matter who brings it: a node that has no directory yet knows nobody.
    if (kind === FrameKind.publish) {
      await this.keeper.offer(payload)
      return { status: 200, body: NO_BODY }
    }
    if (!this.#isLetIn(from, kind)) return { status: 403, body: NO_BODY }
    switch (kind) {
      case FrameKind.relay:
        return this.#onion(() => this.#relay.fromPeer(payload, signal))
      case FrameKind.directory:
        return this.keeper.answer(payload)
      default:
        return (await this.#storage.answer(from, kind, payload)) ?? { status: 501, body: NO_BODY }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tasks[Symbol.asyncDispose]()
    await this.#ports.store[Symbol.asyncDispose]()
  }

  async #onion(pass: () => Promise<LinkReply>): Promise<LinkReply> {
    return this.keeper.view.snapshot ? pass() : textReply(onionAnswers.notReady(this.nodeId))
  }

  /** Nodes of the directory; and who has left it may hand over what it has: every item of it is verified. */
  #isLetIn(from: NodeId, kind: number): boolean {
    if (this.keeper.view.snapshot?.nodes.has(from)) return true
    return (kind === FrameKind.offer || kind === FrameKind.transfer) && this.keeper.hasDeparted(from)
  }

  #notReady(): PublicAnswer | undefined {
    const view = this.keeper.view.snapshot
    if (view?.nodes.has(this.nodeId)) return undefined
    const reason = view ? 'not in any swarm' : 'not done syncing'
    return { status: 503, contentType: 'text/plain', body: utf8(`Service node is not ready: ${reason}\n`) }
  }

  #answerAnnouncement(body: Uint8Array): PublicAnswer {
    const outcome = this.#member?.announce(body) ?? 'accepted'
    switch (outcome) {
      case 'accepted': {
        const document = this.keeper.get('latest')
        return document ? binary(document) : { status: 204, contentType: 'text/plain', body: NO_BODY }
      }
      case 'malformed':
        return { status: 400, contentType: 'text/plain', body: utf8(outcome) }
      case 'not_admitted':
        return { status: 403, contentType: 'text/plain', body: utf8(outcome) }
      case 'wrong_time':
        return { status: 406, contentType: 'text/plain', body: utf8(outcome) }
    }
  }

  async #health(): Promise<PublicAnswer> {
    const view = this.keeper.view.snapshot
    const ready = view?.nodes.has(this.nodeId) === true && !this.#storage.isCatchingUp
    const { messages, hints } = await this.#ports.store.stats()
    const body = {
      ready,
      epoch: view?.document.epoch ?? 0,
      nodes: view?.nodes.size ?? 0,
      swarms: view?.swarmIds.length ?? 0,
      messages,
      hints,
      held: this.#held.count,
    }
    return { status: ready ? 200 : 503, contentType: 'application/json', body: utf8(JSON.stringify(body)) }
  }
}

/** Base64 of the node's public key, as compatible reachability tests want it. */
export function pingKeyOf(nodeId: NodeId): string {
  return toBase64(nodeIdBytes(nodeId))
}

function encryptionKeys({ secretKey }: NodeSettings, { crypto }: NodePorts): X25519KeyPair {
  return secretKey.use((key) => crypto.x25519KeyPair(crypto.ed25519SecretToX25519(key)))
}

function fromContent(content: EncodedContent): PublicAnswer {
  return { ...content, body: contentBytes(content.body) }
}

function binary(body: Uint8Array | undefined): PublicAnswer {
  return body
    ? { status: 200, contentType: 'application/octet-stream', body }
    : { status: 404, contentType: 'text/plain', body: utf8('no such document') }
}

function textReply(answer: TextAnswer): LinkReply {
  return { status: answer.status, body: utf8(answer.body) }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
