import { FRAMES_PER_TURN } from './limits.ts'

/**
 * Takes the frames of one link a few at a time: a hundred that came in one piece would be worked at all at once, keep
 * everybody else waiting, and have their answers in memory together. Whoever has sent them is not read from meanwhile, so
 * what waits is what came in one piece.
 */
export class Turns {
  readonly #take: (frame: Buffer) => void
  readonly #source: { pause(): void; resume(): void }
  readonly #waiting: Buffer[] = []
  /** Taken since the last turn. */
  #taken = 0
  #isScheduled = false

  constructor(options: {
    readonly take: (frame: Buffer) => void
    readonly source: { pause(): void; resume(): void }
  }) {
    this.#take = options.take
    this.#source = options.source
  }

  add(frame: Buffer): void {
    if (this.#taken < FRAMES_PER_TURN) {
      this.#taken++
      this.#take(frame)
    } else {
      if (this.#waiting.length === 0) this.#source.pause()
      this.#waiting.push(frame)
    }
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    this.#isScheduled = false
    const frames = this.#waiting.splice(0, FRAMES_PER_TURN)
    this.#taken = frames.length
    for (const frame of frames) this.#take(frame)
    if (this.#waiting.length > 0) this.#schedule()
    else if (frames.length > 0) this.#source.resume()
  }
}
