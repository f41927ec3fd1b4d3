/**
 * Keeps the members of a swarm alike. What a client asked for is forwarded at once; what a member missed becomes a durable
 * hint. A member that did not answer is not waited for again until a hint got through to it.
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

/** docs/protocol/replication.md §1. */
const FORWARD_TIMEOUT = seconds(5)
/** After this long without a sign of life, one request may try the member again. */
const SUSPICION = seconds(20)
/** What has begun at one member is told to all: nobody who goes away stops it, only the timeout does. */
const NEVER = new AbortController().signal

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
  readonly #suspectUntil = new Map<NodeId, Millis>()

  constructor(options: ReplicationOptions) {
    this.#options = options
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
          const reply = await this.send(member, FrameKind.forward, payload, FORWARD_TIMEOUT, NEVER)
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
    if (hints.length > 0) await this.#options.store.addHints(hints)
  }

  /**
   * One request to a member; suspicion included.
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
    if (this.isSuspect(member.nodeId)) throw new PeerError('unreachable')
    return this.probe(member, kind, payload, timeout, signal)
  }

  /** As `send`, but also to a member under suspicion: success lifts it. */
  async probe(
    member: Descriptor,
    kind: number,
    payload: Uint8Array,
    timeout: Millis,
    signal: AbortSignal,
  ): Promise<LinkReply> {
    try {
      const reply = await this.#options.peers.request(member, kind, payload, { signal, timeout })
      this.#suspectUntil.delete(member.nodeId)
      return reply
    } catch (error) {
      if (error instanceof PeerError && error.code !== 'overloaded') this.#suspect(member.nodeId)
      throw error
    }
  }

  isSuspect(member: NodeId): boolean {
    const until = this.#suspectUntil.get(member)
    return until !== undefined && this.#options.clock.monotonic() < until
  }

  #suspect(member: NodeId): void {
    const { clock, logger } = this.#options
    if (!this.isSuspect(member)) logger.warn('replication.member_silent')
    this.#suspectUntil.set(member, (clock.monotonic() + SUSPICION) as Millis)
  }
}

function textOf(reply: LinkReply): string {
  try {
    return fromUtf8(reply.body.subarray(0, 512))
  } catch {
    return '' // a reason that is no text is no reason
  }
}
