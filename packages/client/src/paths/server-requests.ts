/**
 * Onion requests to servers outside the network, over three relays like any other; the last of them posts to the server,
 * if it is listed. Each has a path of its own, so that no last hop sees what comes together. docs/protocol/onion.md §6.
 */
import {
  AuthenticationError,
  type Crypto,
  type DirectoryView,
  FrameKind,
  MalformedInputError,
  type Millis,
  type NodeId,
  type OnionDestination,
  type RandomBytes,
} from '@starling/protocol'
import { type Clock, type LinkReply, type Observable, pick, TimeoutError, withTimeout } from '@starling/runtime'
import { until } from '../until.ts'
import { choosePath, type Hops } from './choose-path.ts'
import type { GuardLink, GuardLinks } from './guard-links.ts'
import type { NodeHealth } from './node-health.ts'
import { PathError } from './path-error.ts'
import { failureIn, linkFailure, sealOnion } from './path-onion.ts'

const MAX_ATTEMPTS = 3

export type ServerDestination = Extract<OnionDestination, { readonly kind: 'server' }>

export type ServerRequestsOptions = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly view: Observable<DirectoryView | undefined>
  readonly guards: GuardLinks
  readonly health: NodeHealth
}

type Asking = { readonly signal: AbortSignal; readonly timeout: Millis }

export class ServerRequests {
  readonly #options: ServerRequestsOptions

  constructor(options: ServerRequestsOptions) {
    this.#options = options
  }

  /**
   * What the server sealed, opened. A request whose path fails is repeated over another one, so it may arrive twice.
   *
   * @throws {PathError} any code. `destination_unreachable`: the server did not answer, or not as one that has the key.
   */
  async request(destination: ServerDestination, payload: Uint8Array, options: Asking): Promise<Uint8Array> {
    const { clock, guards } = this.#options
    try {
      return await withTimeout(clock, options.timeout, options.signal, (signal) =>
        this.#attempts(destination, payload, { ...options, signal }),
      )
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      throw new PathError(guards.links.snapshot.length > 0 ? 'timeout' : 'no_path', { cause: error })
    }
  }

  async #attempts(destination: ServerDestination, payload: Uint8Array, options: Asking): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      await until(this.#options.guards.links, (links) => links.length > 0, options.signal)
      try {
        return await this.#attempt(destination, payload, options)
      } catch (error) {
        if (!(error instanceof PathError) || attempt === MAX_ATTEMPTS) throw error
        if (error.code !== 'hop_failed' && error.code !== 'guard_lost') throw error
      }
    }
  }

  async #attempt(destination: ServerDestination, payload: Uint8Array, options: Asking): Promise<Uint8Array> {
    const { guard, hops } = this.#route()
    using onion = sealOnion(this.#options, hops, { destination, payload })
    const reply = await ask(guard, onion.body, options)
    if (reply.status !== 200) throw this.#failureOf(hops, reply)
    try {
      const opened = onion.open(reply.body)
      if (opened.kind === 'server') return opened.plaintext
      // The last hop says so of a server that is not in its list; another hop of what it could not read.
      throw new PathError(opened.kind === 'relay' && opened.hop === 2 ? 'destination_unreachable' : 'hop_failed')
    } catch (error) {
      const isForeign = error instanceof AuthenticationError || error instanceof MalformedInputError
      throw isForeign ? new PathError('destination_unreachable', { cause: error }) : error
    }
  }

  /** @throws {PathError} `no_path` */
  #route(): { readonly guard: GuardLink; readonly hops: Hops } {
    const { guards, health, random } = this.#options
    const view = this.#options.view.snapshot
    const links = guards.links.snapshot
    const guard = pick(random, links)
    const node = guard && view?.nodes.get(guard.node)
    const isSuspect = health.isSuspect.bind(health)
    // The other guard knows us: where the network is large enough, it is no last hop.
    const isTaken = (id: NodeId) => links.some((link) => link.node === id)
    const hops = view && node && choosePath({ view, guard: node, destination: undefined, isSuspect, isTaken, random })
    if (guard === undefined || hops === undefined) throw new PathError('no_path')
    return { guard, hops }
  }

  #failureOf(hops: Hops, reply: LinkReply): PathError {
    const failure = failureIn(reply)
    const failed = hops.find(({ descriptor }) => descriptor.nodeId === failure?.node)
    if (failed === undefined) return new PathError('destination_unreachable')
    this.#options.health.failed(failed.descriptor.nodeId, 1)
    return new PathError('hop_failed')
  }
}

async function ask(guard: GuardLink, body: Uint8Array, options: Asking): Promise<LinkReply> {
  try {
    return await guard.link.request(FrameKind.onion, body, options)
  } catch (error) {
    options.signal.throwIfAborted()
    throw linkFailure(error)
  }
}
