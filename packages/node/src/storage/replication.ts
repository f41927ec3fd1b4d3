/**
 * Keeps the members of a swarm alike. What a client asked for is forwarded at once; what a member missed becomes a durable
 * hint. Nothing that a client waits for waits for a member that is suspect: probes find out when it is back.
 */
import {
  type Descriptor,
  type DirectoryView,
  decodeMemberEntry,
  type EntryRules,
  type ForwardRequest,
  FrameKind,
  forwardRequest,
  fromUtf8,
  type MemberFailure,
  type Millis,
  type NodeId,
  type Owner,
  ownerBytes,
  type SwarmEntry,
  seconds,
} from '@starling/protocol'
import type { Clock, LinkReply, Logger, Observable } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { PeerNetwork } from '../ports.ts'
import type { NewHint, NodeStore } from './node-store.ts'
import { Suspicion } from './suspicion.ts'
import { Waker } from './waker.ts'

/** docs/protocol/replication.md §1. */
const FORWARD_TIMEOUT = seconds(5)
const PROBE_INTERVAL = seconds(1)
/** While there is nobody to probe: who becomes suspect ends the rest. */
const IDLE = seconds(60)
const PROBE_TIMEOUT = seconds(3)
const NO_BODY = new Uint8Array()

export type ReplicationOptions = {
  readonly nodeId: NodeId
  readonly clock: Clock
  readonly logger: Logger
  readonly store: NodeStore
  readonly peers: PeerNetwork
  readonly view: Observable<DirectoryView | undefined>
}

export class Replication {
  readonly #options: ReplicationOptions
  readonly #suspicion: Suspicion
  readonly #probing: Waker
  readonly #hintListeners = new Set<() => void>()

  constructor(options: ReplicationOptions) {
    this.#options = options
    this.#suspicion = new Suspicion(options)
    this.#probing = new Waker(options.clock)
  }

  /** Who is not waited for. */
  get suspicion(): Pick<Suspicion, 'has' | 'onReturn'> {
    return this.#suspicion
  }

  /** Probes suspects, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { view } = this.#options
    while (!signal.aborted) {
      this.#probing.arm()
      await this.#probing.rest(this.#suspicion.isEmpty ? IDLE : PROBE_INTERVAL, signal)
      const nodes = view.snapshot?.nodes
      this.#suspicion.keepOnly((member) => nodes?.has(member) === true)
      await Promise.all(this.#suspicion.due.map((member) => this.#probe(nodes!.get(member)!.descriptor, signal)))
    }
  }

  /** The other members of the owner's swarm. */
  othersOf(owner: Owner): readonly Descriptor[] {
    const { view, nodeId } = this.#options
    const members = view.snapshot?.swarmOf(ownerBytes(owner).subarray(1))?.members ?? []
    return members.map(({ descriptor }) => descriptor).filter((descriptor) => descriptor.nodeId !== nodeId)
  }

  /** Hands a client's request to the other members; an entry for each, within 5 s. */
  async forward<Value>(
    owner: Owner,
    request: Omit<ForwardRequest, 'version'>,
    // biome-ignore lint/suspicious/noExplicitAny: rules are contravariant in their parameters, which do not matter here
    rules: EntryRules<any, any, Value>,
  ): Promise<readonly SwarmEntry<Value>[]> {
    const payload = forwardRequest.encode({ version: 2, ...request })
    return Promise.all(
      this.othersOf(owner).map(async (member): Promise<SwarmEntry<Value>> => {
        const node = member.nodeId
        try {
          const reply = await this.#forwardTo(member, payload)
          if (reply.status === 200) return decodeMemberEntry(rules, node, reply.body)
          return { kind: 'failed', node, failure: { kind: 'refused', status: reply.status, reason: textOf(reply) } }
        } catch (error) {
          if (!(error instanceof PeerError)) throw error
          return { kind: 'failed', node, failure: { kind: 'timeout' } satisfies MemberFailure }
        }
      }),
    )
  }

  /** Durable when it resolves: whoever is named will get it when it is back. */
  async leaveHints(hints: readonly NewHint[]): Promise<void> {
    if (hints.length === 0) return
    await this.#options.store.addHints(hints)
    for (const listener of this.#hintListeners) listener()
  }

  /** Calls `listener` whenever there are new hints. Returns what ends that. */
  onHints(listener: () => void): () => void {
    this.#hintListeners.add(listener)
    return () => this.#hintListeners.delete(listener)
  }

  /**
   * One request to a member that is not suspect. A failure makes it suspect.
   *
   * @throws {PeerError}
   */
  async send(
    member: Descriptor,
    kind: number,
    payload: Uint8Array,
    timeout: Millis,
    signal: AbortSignal,
  ): Promise<LinkReply> {
    if (this.#suspicion.has(member.nodeId)) throw new PeerError('unreachable')
    try {
      const reply = await this.#options.peers.request(member, kind, payload, { signal, timeout })
      this.#suspicion.clear(member.nodeId, 'real')
      return reply
    } catch (error) {
      // A link that has too much to do is no dead member, and who called it off found out nothing.
      if (error instanceof PeerError && error.code !== 'overloaded' && !signal.aborted) this.#suspect(member.nodeId)
      throw error
    }
  }

  /**
   * What has begun at one member is told to all: no client who goes away stops it, only the timeout does, or that the
   * member turns out to be silent.
   */
  #forwardTo(member: Descriptor, payload: Uint8Array): Promise<LinkReply> {
    const signal = this.#suspicion.signalOf(member.nodeId)
    return this.send(member, FrameKind.forward, payload, FORWARD_TIMEOUT, signal)
  }

  #suspect(member: NodeId): void {
    // A rest of one interval at least is left to who is suspect already.
    if (this.#suspicion.isEmpty) this.#probing.wake()
    this.#suspicion.suspect(member)
  }

  async #probe(member: Descriptor, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.peers.request(member, FrameKind.probe, NO_BODY, { signal, timeout: PROBE_TIMEOUT })
      this.#suspicion.clear(member.nodeId, 'probe')
    } catch (error) {
      if (!(error instanceof PeerError)) throw error // still silent: probed again
    }
  }
}

function textOf(reply: LinkReply): string {
  try {
    return fromUtf8(reply.body.subarray(0, 512))
  } catch {
    return '' // a reason that is no text is no reason
  }
}
