/**
 * Time that passes only when a test says so. Invariants: sleepers wake in the order of their due times, those of one time
 * in the order in which they went to sleep; what a woken sleeper does has settled before the next one wakes; `now` is the
 * due time of whoever woke last.
 */
import { type Millis, millis, type UnixMillis, unixMillis } from '@starling/protocol'
import { untilDone } from '../abort.ts'
import type { Clock } from '../clock.ts'
import { Heap } from './heap.ts'

/** Of Node.js, whose types this package does without. */
declare function setImmediate(callback: () => void): unknown

/** 2026-01-01T00:00:00Z */
const DEFAULT_START = unixMillis(1_767_225_600_000)

/** Enough for a chain of promises that goes through the event loop a few times, as streams and workers' messages do. */
const SETTLE_TURNS = 4

type Sleeper = { readonly due: number; readonly order: number; readonly wake: () => void; cancelled: boolean }

export class VirtualClock implements Clock {
  readonly #start: UnixMillis
  readonly #sleepers = new Heap<Sleeper>((a, b) => a.due - b.due || a.order - b.order)
  #elapsed = 0
  #order = 0
  #pending = 0
  #advancing: Promise<void> = Promise.resolve()

  constructor(options: { start?: UnixMillis } = {}) {
    this.#start = options.start ?? DEFAULT_START
  }

  now(): UnixMillis {
    return unixMillis(this.#start + this.#elapsed)
  }

  /** Milliseconds since the clock was made. */
  monotonic(): Millis {
    return millis(this.#elapsed)
  }

  /** How many are asleep. Nought after everything is disposed, else something leaks. */
  get pending(): number {
    return this.#pending
  }

  /** Even a sleep of nothing waits for the next `advance`. */
  sleep(delay: Millis, { signal }: { signal: AbortSignal }): Promise<void> {
    return untilDone(signal, (done) => this.#add(this.#elapsed + (delay > 0 ? delay : 0), done))
  }

  /**
   * Lets `duration` pass, waking whoever is due, also those who go to sleep meanwhile and are due before the end. Calls
   * that overlap run one after the other.
   */
  advance(duration: Millis): Promise<void> {
    this.#advancing = this.#advancing.then(() => this.#pass(duration))
    return this.#advancing
  }

  /** The same time, as a machine sees it whose wall clock is off by `offset`: ahead if it is positive. */
  skewed(offset: Millis): SkewedClock {
    return new SkewedClock(this, offset)
  }

  /** Returns what cancels the sleeper. */
  #add(due: number, done: () => void): () => void {
    const wake = () => {
      this.#pending--
      done()
    }
    const sleeper: Sleeper = { due, order: this.#order++, wake, cancelled: false }
    this.#sleepers.push(sleeper)
    this.#pending++
    return () => {
      sleeper.cancelled = true
      this.#pending--
      // Timeouts are mostly cancelled, and many: without this they would pile up until they are due.
      if (this.#sleepers.size > 64 && this.#sleepers.size > 2 * this.#pending)
        this.#sleepers.keep(({ cancelled }) => !cancelled)
    }
  }

  async #pass(duration: Millis): Promise<void> {
    const end = this.#elapsed + Math.max(0, duration)
    await settle()
    for (;;) {
      const next = this.#sleepers.peek()
      if (next === undefined || next.due > end) break
      this.#sleepers.pop()
      if (next.cancelled) continue
      this.#elapsed = next.due
      next.wake()
      await settle()
    }
    this.#elapsed = end
  }
}

/** A view of a clock with a wall clock that is wrong. */
export class SkewedClock implements Clock {
  readonly #clock: Clock
  /** Can change at any time, as when somebody sets the clock. */
  offset: Millis

  constructor(clock: Clock, offset: Millis) {
    this.#clock = clock
    this.offset = offset
  }

  now(): UnixMillis {
    return unixMillis(this.#clock.now() + this.offset)
  }

  monotonic(): Millis {
    return this.#clock.monotonic()
  }

  sleep(delay: Millis, options: { signal: AbortSignal }): Promise<void> {
    return this.#clock.sleep(delay, options)
  }
}

/** Resolves when all that can go on without time passing has gone on: microtasks, and a few turns of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
