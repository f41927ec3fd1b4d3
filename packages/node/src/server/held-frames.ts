/** What a link keeps in memory besides its requests: a frame of which only a part has come, and answers that have not left. */
import type { Caller } from './callers.ts'
import { ANSWER_TIMEOUT_MS, MIN_BYTES_PER_SECOND } from './exchange.ts'
import type { Gate } from './gate.ts'
import { CHUNK_OVERHEAD_BYTES } from './limits.ts'

/** Of a frame that has begun: less than this is not counted. */
const FREE_BYTES = 65_536

/** Invariant: what is held for a link is given back when it closes. */
export class HeldFrames {
  readonly #gate: Gate
  readonly #caller: Caller
  readonly #unsentBytes: () => number
  /** Come since the last whole frame. */
  #begun = 0
  #counted = 0
  #unsent = 0
  /** Since when something waits that does not get less; undefined: nothing waits. */
  #since: number | undefined
  #isClosed = false

  /** @param options.unsentBytes what waits in the carrier. */
  constructor(options: { readonly gate: Gate; readonly caller: Caller; readonly unsentBytes: () => number }) {
    this.#gate = options.gate
    this.#caller = options.caller
    this.#unsentBytes = options.unsentBytes
  }

  /** A piece of so many bytes has come. False: there is no room for more of a frame that has begun, and the link must be closed. */
  came(bytes: number): boolean {
    this.#begun += bytes + CHUNK_OVERHEAD_BYTES
    if (this.#begun <= FREE_BYTES) return true
    const more = this.#begun - this.#counted
    if (this.#isClosed || this.#gate.hold(this.#caller, more) !== undefined) return false
    this.#counted += more
    return true
  }

  /** A frame is whole: from here on it is counted as a request. */
  completed(): void {
    this.#begun = 0
    if (this.#counted === 0) return
    this.#gate.keep(this.#caller, -this.#counted)
    this.#counted = 0
  }

  /** After sending, and now and then: counts what waits. False: nobody reads it, and the link must be closed. */
  measure(now: number, timeout = ANSWER_TIMEOUT_MS): boolean {
    if (this.#isClosed) return true
    const unsent = this.#unsentBytes()
    if (unsent === 0) this.#since = undefined
    else if (this.#since === undefined || unsent < this.#unsent) this.#since = now
    if (unsent !== this.#unsent) this.#gate.keep(this.#caller, unsent - this.#unsent)
    this.#unsent = unsent
    return this.#since === undefined || now - this.#since <= timeout + (unsent / MIN_BYTES_PER_SECOND) * 1000
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#gate.keep(this.#caller, -this.#counted - this.#unsent)
    this.#counted = 0
    this.#unsent = 0
  }
}
