/** What the end of an attempt says of the nodes that took part in it. docs/protocol/paths.md §4. */
import {
  AuthenticationError,
  MalformedInputError,
  type NodeEntry,
  type OnionReply,
  type OnionRequest,
  type RpcAnswer,
} from '@starling/protocol'
import type { LinkReply } from '@starling/runtime'
import type { GuardLink, GuardLinks } from './guard-links.ts'
import type { NodeHealth } from './node-health.ts'
import type { Path, PathBook } from './path-book.ts'
import { PathError } from './path-error.ts'
import { failureIn } from './path-onion.ts'
import type { PathRepair } from './path-repair.ts'

/** A request that may have been spoilt by any of three nodes. */
const SHARED_BLAME = 0.34

export type Route = {
  readonly lane: 0 | 1
  readonly guard: GuardLink
  readonly path: Path
  readonly destination: NodeEntry
}

export type PathJudgeOptions = {
  readonly guards: GuardLinks
  readonly health: NodeHealth
  readonly book: PathBook
  readonly repair: PathRepair
  /** Somebody said that the directory we have is old. */
  readonly onOldDirectory: () => void
}

export class PathJudge {
  readonly #options: PathJudgeOptions

  constructor(options: PathJudgeOptions) {
    this.#options = options
  }

  /** The destination's answer. @throws {PathError} `hop_failed`, `destination_unreachable` */
  read(route: Route, onion: OnionRequest, reply: LinkReply): RpcAnswer {
    if (reply.status !== 200) throw this.#failureOf(route, reply)
    const opened = open(onion, reply.body)
    if (opened?.kind === 'node') return opened
    const hop = opened?.kind === 'relay' ? route.path.hops[opened.hop] : undefined
    if (hop === undefined) this.#blameAll(route)
    else this.#options.health.failed(hop.descriptor.nodeId, 1)
    this.#options.book.drop(route.path.hops)
    throw new PathError('hop_failed')
  }

  succeeded(route: Route): void {
    const { health, guards } = this.#options
    for (const { descriptor } of [...route.path.hops, route.destination]) health.succeeded(descriptor.nodeId)
    guards.succeeded(route.guard.node)
  }

  /** Nobody on the way answered. */
  timedOut(route: Route): void {
    const { guards, book, repair } = this.#options
    guards.timedOut(route.guard.node)
    this.#blameAll(route)
    book.drop(route.path.hops)
    repair.add(route)
  }

  /** The other lane answered first, though it was asked 1.5 s later: the next request shall not wait as long. */
  lost({ path, lane, destination }: Route): void {
    const { health, book, repair } = this.#options
    const [, relay, lastHop] = path.hops
    for (const { descriptor } of [relay, lastHop]) health.failed(descriptor.nodeId, SHARED_BLAME)
    book.drop(path.hops)
    repair.add({ lane, destination })
  }

  #failureOf(route: Route, reply: LinkReply): PathError {
    const { health, guards, book, onOldDirectory } = this.#options
    const failure = failureIn(reply)
    if (failure?.kind === 'notFound' || reply.status === 400) onOldDirectory()
    guards.succeeded(route.guard.node)
    book.drop(route.path.hops)
    if (failure?.node === route.destination.descriptor.nodeId) {
      health.failed(failure.node, 1)
      // Or the last hop only says so: the next attempt goes another way.
      health.failed(route.path.hops[2].descriptor.nodeId, SHARED_BLAME)
      return new PathError('destination_unreachable')
    }
    if (failure !== undefined && route.path.hops.some(({ descriptor }) => descriptor.nodeId === failure.node)) {
      health.failed(failure.node, 1)
    } else this.#blameAll(route)
    return new PathError('hop_failed')
  }

  #blameAll({ path, destination }: Route): void {
    const [, relay, lastHop] = path.hops
    for (const { descriptor } of [relay, lastHop, destination]) {
      this.#options.health.failed(descriptor.nodeId, SHARED_BLAME)
    }
  }
}

/** `undefined`, if no key opens it or it has not the form of an answer. */
function open(onion: OnionRequest, reply: Uint8Array): OnionReply | undefined {
  try {
    return onion.open(reply)
  } catch (error) {
    if (error instanceof AuthenticationError || error instanceof MalformedInputError) return undefined
    throw error
  }
}
