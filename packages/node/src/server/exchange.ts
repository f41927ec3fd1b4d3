/** One HTTP request and its answer, and the connections that they are on. */
import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Caller, RequestClass } from './callers.ts'
import type { Gate, Refusal } from './gate.ts'

/** An answer may take so long, and a second longer for each so many bytes: slower readers are cut off. */
export const ANSWER_TIMEOUT_MS = 60_000
export const MIN_BYTES_PER_SECOND = 16_384

/** A constant, because the default reason is an exception with a stack for every request. Nobody sees it. */
const ENDED = 'ended'

/** A request that was let in. What it holds is given back when its answer has left or nobody waits for it any more. */
export class Exchange {
  readonly #gate: Gate
  readonly #caller: Caller
  readonly #kind: RequestClass
  readonly #gone = new AbortController()
  #bytes = 0
  #answeredAt: number | undefined
  #isOver = false

  constructor(gate: Gate, caller: Caller, kind: RequestClass) {
    this.#gate = gate
    this.#caller = caller
    this.#kind = kind
  }

  /** Aborts when nobody waits any more. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  /** Holds bytes of the body that have come; with a refusal, they are not to be kept. */
  take(bytes: number): Refusal | undefined {
    // Whoever went away gave everything back: what still comes is not counted, and nobody keeps it.
    if (this.#isOver) return undefined
    const refused = this.#gate.hold(this.#caller, bytes)
    if (!refused) this.#bytes += bytes
    return refused
  }

  /** From now on the answer is held in the place of the body. Refused if there is no room for it. */
  answer(bytes: number, now: number): Refusal | undefined {
    this.#gate.charge(this.#caller, this.#kind, this.#bytes + bytes)
    this.#keep(-this.#bytes)
    const refused = this.take(bytes)
    this.#answeredAt = now
    return refused
  }

  /** Whether its answer should have been read by now. */
  isStalled(now: number, timeout: number): boolean {
    if (this.#answeredAt === undefined) return false
    return now - this.#answeredAt > timeout + (this.#bytes / MIN_BYTES_PER_SECOND) * 1000
  }

  /** Gives back what it holds; of no effect the second time. */
  end(): void {
    if (this.#isOver) return
    this.#keep(-this.#bytes)
    this.#isOver = true
    this.#gate.end(this.#caller)
    this.#gone.abort(ENDED)
  }

  #keep(bytes: number): void {
    this.#gate.keep(this.#caller, bytes)
    this.#bytes += bytes
  }
}

export type HttpConnection = {
  readonly address: Caller
  /** Under way, in the order of their requests. */
  readonly exchanges: Set<Exchange>
  /** Requests that came too fast, less those that did not. */
  refusals: number
}

/** The connections of a server on which requests may come: for HTTPS, those whose handshake is done. */
export class HttpConnections {
  readonly #connections = new Map<Socket, HttpConnection>()

  constructor(server: Server, gate: Gate) {
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      const connection = { address: gate.callerOf(socket.remoteAddress), exchanges: new Set<Exchange>(), refusals: 0 }
      this.#connections.set(socket, connection)
      socket.on('close', () => {
        this.#connections.delete(socket)
        // A request that came behind another one does not hear of it by itself.
        for (const exchange of connection.exchanges) exchange.end()
      })
    })
  }

  get(socket: Socket): HttpConnection | undefined {
    return this.#connections.get(socket)
  }

  /** Ends connections whose reader takes nothing. */
  endStalled(now: number, timeout: number): void {
    for (const [socket, { exchanges }] of this.#connections) {
      // Answers leave in the order of their requests.
      for (const first of exchanges) {
        if (first.isStalled(now, timeout)) socket.destroy()
        break
      }
    }
  }
}
