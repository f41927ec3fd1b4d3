/**
 * One line that says what is going on. On a terminal it is written over; in a log each stage is a line of its own, but no
 * more than one every two seconds.
 */
import type { Clock } from '@starling/runtime'
import type { Output } from '../ports.ts'

const PLAIN_INTERVAL_MS = 2000
const CLEAR_LINE = '\r\u001b[2K'

export class Progress {
  readonly #output: Output
  readonly #clock: Clock
  #shown = ''
  #shownAt = Number.NEGATIVE_INFINITY

  constructor(output: Output, clock: Clock) {
    this.#output = output
    this.#clock = clock
  }

  update(text: string): void {
    if (text === this.#shown) return
    const now = this.#clock.monotonic()
    if (this.#output.isTerminal) this.#output.write(`${CLEAR_LINE}  ${text}`)
    else if (now - this.#shownAt < PLAIN_INTERVAL_MS) return
    else this.#output.write(`  ${text}\n`)
    this.#shown = text
    this.#shownAt = now
  }

  /** A line that stays, in place of or above the one that changes. */
  say(line: string): void {
    this.clear()
    this.#output.write(`${line}\n`)
  }

  /** Takes the changing line away. */
  clear(): void {
    if (this.#output.isTerminal && this.#shown !== '') this.#output.write(CLEAR_LINE)
    this.#shown = ''
  }
}
