/**
 * Requests and answers over whatever carries whole frames: a TLS connection between nodes, a WebSocket. Both sides may
 * ask; each numbers its own requests. Invariants: a request settles exactly once; a handler whose request was cancelled
 * keeps its place until it has settled, so that cancelling does not free anyone from `maxPending`.
 */
import {
  decodeFrame,
  decodeReply,
  encodeFrame,
  encodeReplyFrame,
  type Frame,
  FrameKind,
  MalformedInputError,
  type Millis,
} from '@starling/protocol'
import type { Clock } from './clock.ts'
import { Deadlines } from './deadlines.ts'
import type { FrameCarrier, Link, LinkHandler, LinkReply } from './link.ts'
import { LinkError } from './link-error.ts'
import { PendingRequest } from './pending-request.ts'

export type LinkOptions = {
  readonly carrier: FrameCarrier
  readonly clock: Clock
  /** Without one, every request of the other side is answered 501. */
  readonly handler?: LinkHandler
  /** Of requests in each direction; 1,024. Beyond it, ours fail with `overloaded`, theirs are answered 503. */
  readonly maxPending?: number
  /** Of bytes waiting in the carrier; 32 MiB. Beyond it, requests fail, answers become 503; at twice as much the link closes. */
  readonly maxBuffered?: number
  /** After `interval` without any frame a ping goes out; without any frame `timeout` after that, the link closes. */
  readonly heartbeat?: { readonly interval: Millis; readonly timeout: Millis }
  /** Hears of handlers that threw (answered 500), for the owner's log. */
  readonly onFailure?: (error: unknown) => void
}

const NO_BODY = new Uint8Array()
const OK = 200
const UNKNOWN_KIND = 501
const FAILED = 500
const OVERLOADED = 503

export class LinkSession implements Link {
  readonly #options: LinkOptions
  readonly #carrier: FrameCarrier
  readonly #clock: Clock
  readonly #maxPending: number
  readonly #maxBuffered: number
  readonly #pending = new Map<number, PendingRequest>()
  readonly #deadlines: Deadlines
  readonly #incoming = new Map<number, AbortController>()
  /** Handlers and the heartbeat that have not settled: awaited on disposal. */
  #tasks = 0
  readonly #idle = Promise.withResolvers<void>()
  readonly #life = new AbortController()
  readonly #closed = Promise.withResolvers<void>()
  #nextId = 0
  /** Frames received so far: tells the heartbeat that the other side lives. */
  #heard = 0

  constructor(options: LinkOptions) {
    this.#options = options
    this.#carrier = options.carrier
    this.#clock = options.clock
    this.#maxPending = options.maxPending ?? 1024
    this.#maxBuffered = options.maxBuffered ?? 32 * 1024 * 1024
    this.#deadlines = new Deadlines(this.#clock, this.#pending)
    if (options.heartbeat !== undefined) void this.#own(this.#beat(options.heartbeat))
  }

  get closed(): Promise<void> {
    return this.#closed.promise
  }

  async request(
    kind: number,
    payload: Uint8Array,
    options: { readonly signal: AbortSignal; readonly timeout: Millis },
  ): Promise<LinkReply> {
    if (!isRequestKind(kind)) throw new MalformedInputError('link_frame', `request kind ${kind}`)
    return this.#ask(kind, payload, options)
  }

  /** Takes one whole frame from the carrier, as bytes or decoded. One that is malformed closes the link: `protocol`. */
  receive(frame: Uint8Array | Frame): void {
    if (this.#life.signal.aborted) return
    this.#heard++
    try {
      this.#dispatch(frame instanceof Uint8Array ? decodeFrame(frame) : frame)
    } catch (error) {
      if (!(error instanceof MalformedInputError)) throw error
      this.#close(new LinkError('protocol', { cause: error }))
    }
  }

  /** The carrier is gone, or what it gives cannot be cut into frames (`protocol`): whatever waits fails. */
  closedByCarrier(code: 'closed' | 'protocol' = 'closed'): void {
    this.#close(new LinkError(code))
  }

  /** Closes the carrier, then waits for the handlers, whose signals have aborted. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close(new LinkError('closed'))
    if (this.#tasks > 0) await this.#idle.promise
  }

  #ask(kind: number, payload: Uint8Array, options: { signal: AbortSignal; timeout: Millis }): Promise<LinkReply> {
    options.signal.throwIfAborted()
    if (this.#life.signal.aborted) throw new LinkError('closed', { cause: this.#life.signal.reason })
    if (this.#pending.size >= this.#maxPending || this.#carrier.bufferedBytes > this.#maxBuffered) {
      throw new LinkError('overloaded')
    }
    const id = this.#takeId()
    const frame = encodeFrame({ requestId: id, kind, payload })
    const deadline = (this.#clock.monotonic() + options.timeout) as Millis
    const request = new PendingRequest({
      signal: options.signal,
      deadline,
      onEnd: (end) => {
        this.#pending.delete(id)
        if (end === 'givenUp') this.#send({ requestId: id, kind: FrameKind.cancel, payload: NO_BODY })
      },
    })
    this.#pending.set(id, request)
    this.#deadlines.watch(deadline)
    this.#carrier.send(frame)
    return request.answer
  }

  /** Numbers wrap at 2^32; one that is still waited for is not taken again. */
  #takeId(): number {
    do this.#nextId = (this.#nextId + 1) % 2 ** 32
    while (this.#pending.has(this.#nextId))
    return this.#nextId
  }

  #dispatch(frame: Frame): void {
    switch (frame.kind) {
      case FrameKind.reply:
        // Of a request that nobody waits for any more: the answer crossed our cancelling of it.
        this.#pending.get(frame.requestId)?.settle(decodeReply(frame.payload))
        break
      case FrameKind.cancel:
        this.#incoming.get(frame.requestId)?.abort()
        break
      case FrameKind.ping:
        this.#answer(frame.requestId, { status: OK, body: NO_BODY })
        break
      default:
        this.#serve(frame)
    }
  }

  #serve(frame: Frame): void {
    const { requestId } = frame
    const { handler } = this.#options
    if (!isRequestKind(frame.kind)) throw new MalformedInputError('link_frame', `kind ${frame.kind}`)
    if (this.#incoming.has(requestId)) throw new MalformedInputError('link_frame', 'request ID in use')
    if (handler === undefined || this.#incoming.size >= this.#maxPending) {
      this.#answer(requestId, { status: handler === undefined ? UNKNOWN_KIND : OVERLOADED, body: NO_BODY })
      return
    }
    const controller = new AbortController()
    this.#incoming.set(requestId, controller)
    void this.#own(this.#handle(handler, frame, controller.signal))
  }

  async #handle(handler: LinkHandler, frame: Frame, signal: AbortSignal): Promise<void> {
    try {
      const reply = await handler(frame.kind, frame.payload, signal)
      if (!signal.aborted) this.#answer(frame.requestId, reply)
    } catch (error) {
      if (signal.aborted) return
      this.#options.onFailure?.(error)
      this.#answer(frame.requestId, { status: FAILED, body: NO_BODY })
    } finally {
      this.#incoming.delete(frame.requestId)
    }
  }

  #answer(requestId: number, reply: LinkReply): void {
    const buffered = this.#carrier.bufferedBytes
    // Who asks and does not read must not fill our memory.
    if (buffered > 2 * this.#maxBuffered) this.#close(new LinkError('closed'))
    const fitting = buffered > this.#maxBuffered ? { status: OVERLOADED, body: NO_BODY } : reply
    const frame = encodeReplyFrame(requestId, fitting.status, fitting.body)
    if (!this.#life.signal.aborted) this.#carrier.send(frame)
  }

  #send(frame: Frame): void {
    if (!this.#life.signal.aborted) this.#carrier.send(encodeFrame(frame))
  }

  async #beat(options: { interval: Millis; timeout: Millis }): Promise<void> {
    const { signal } = this.#life
    try {
      while (!signal.aborted) {
        const before = this.#heard
        await this.#clock.sleep(options.interval, { signal })
        if (this.#heard === before) await this.#ping(options.timeout)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #ping(timeout: Millis): Promise<void> {
    const before = this.#heard
    const { signal } = this.#life
    this.#send({ requestId: this.#takeId(), kind: FrameKind.ping, payload: NO_BODY })
    await this.#clock.sleep(timeout, { signal })
    if (this.#heard === before) this.#close(new LinkError('closed'))
  }

  async #own(task: Promise<void>): Promise<void> {
    this.#tasks++
    try {
      await task
    } finally {
      this.#tasks--
      if (this.#tasks === 0 && this.#life.signal.aborted) this.#idle.resolve()
    }
  }

  #close(reason: LinkError): void {
    if (this.#life.signal.aborted) return
    this.#life.abort(reason)
    this.#carrier.close()
    for (const pending of [...this.#pending.values()]) pending.settle(reason)
    this.#deadlines.stop()
    for (const controller of this.#incoming.values()) controller.abort(reason)
    this.#closed.resolve()
  }
}

/** 0 and everything from 0x80 on have a meaning of their own. */
function isRequestKind(kind: number): boolean {
  return kind > FrameKind.ping && kind < FrameKind.reply
}
