/**
 * The loop: takes an input that reached something, changes it, runs it, and keeps it if it reached more. Coverage is asked
 * for once for a batch, and for each input of a batch that reached something new. The seed decides everything.
 */
import type { Coverage, Reach, Taken } from './coverage.ts'
import { Dice } from './dice.ts'
import { bytesOf } from './mutate-bytes.ts'
import { checkSteps, execute, FuzzFailure, type FuzzTarget } from './target.ts'

const BATCH = 32
/** Now and then each input of a batch is looked at alone: what runs more often than ever does not show in a sum. */
const ALONE_EVERY = 64
const MAX_SIZE = 16_384
const MOST_CHANGES = 4
const MOST_TRIES = 400

export type Finding = { readonly input: Uint8Array; readonly failure: FuzzFailure }

export type FuzzerOptions = {
  readonly target: FuzzTarget
  readonly coverage: Coverage
  readonly seed: number
  /** Hears of each input before it is run: it may never come back. */
  readonly announce: (input: Uint8Array) => void
}

export class Fuzzer {
  readonly #options: FuzzerOptions
  readonly #dice: Dice
  readonly #words: readonly Uint8Array[]
  /** What has reached something, in the order in which it was found. */
  readonly #pool: Uint8Array[] = []
  readonly findings: Finding[] = []
  executions = 0
  #batches = 0

  constructor(options: FuzzerOptions) {
    this.#options = options
    this.#dice = new Dice(options.seed)
    this.#words = options.target.words.map(bytesOf)
  }

  get pool(): readonly Uint8Array[] {
    return this.#pool
  }

  get reach(): Reach {
    return this.#options.coverage.reach(this.#options.target.sources)
  }

  /** Runs what is there already, the small ones first, and keeps what reaches more than those before. */
  async load(inputs: Iterable<Uint8Array>): Promise<void> {
    for (const input of bySize(inputs)) await this.#judge(input)
    if (this.#pool.length === 0) this.#pool.push(new Uint8Array())
  }

  /** As `load`, but keeps all of them, which takes much less time: for inputs that were chosen before. */
  async take(inputs: Iterable<Uint8Array>): Promise<void> {
    for (const input of bySize(inputs)) if (await this.#run(input)) this.#pool.push(input)
    const taken = this.#options.coverage.take({ remember: true })
    if (!this.#isWithin(taken, this.#pool)) for (const input of this.#pool) await this.#found(input)
    if (this.#pool.length === 0) this.#pool.push(new Uint8Array())
  }

  /** One batch of changed inputs. */
  async round(): Promise<void> {
    const inputs = Array.from({ length: BATCH }, () => this.#change())
    if (++this.#batches % ALONE_EVERY === 0) {
      for (const input of inputs) await this.#judge(input)
      return
    }
    await this.#search(inputs)
  }

  /** Halves what reached something new until it is known who did: asking for the coverage costs more than most inputs. */
  async #search(inputs: readonly Uint8Array[]): Promise<void> {
    if (inputs.length <= 2) {
      for (const input of inputs) await this.#judge(input)
      return
    }
    let sound = true
    for (const input of inputs) sound = (await this.#run(input)) && sound
    const taken = this.#options.coverage.take({ remember: false })
    if (taken.fresh === 0 && (!sound || this.#isWithin(taken, inputs))) return
    const half = inputs.length >> 1
    await this.#search(inputs.slice(0, half))
    await this.#search(inputs.slice(half))
  }

  /** Runs one input by itself, and keeps it if it reached more. */
  async #judge(input: Uint8Array): Promise<void> {
    const sound = await this.#run(input)
    const taken = this.#options.coverage.take({ remember: sound })
    if (!sound) return
    if (taken.news > 0) this.#pool.push(input)
    if (!this.#isWithin(taken, [input])) await this.#found(input)
  }

  #isWithin(taken: Taken, inputs: readonly Uint8Array[]): boolean {
    try {
      checkSteps(this.#options.target, taken.steps, inputs)
      return true
    } catch (error) {
      if (error instanceof FuzzFailure) return false
      throw error
    }
  }

  /** False if it broke a rule, which is then a finding. */
  async #run(input: Uint8Array): Promise<boolean> {
    this.executions++
    this.#options.announce(input)
    try {
      await execute(this.#options.target, input)
      return true
    } catch (error) {
      if (!(error instanceof FuzzFailure)) throw error
      await this.#found(input, error)
      return false
    }
  }

  /**
   * Makes the input smaller as long as it fails in the same way; one of each way is enough. What does not happen again
   * depended on what came before, and is kept as it is; too many steps once are those of something that is done once.
   */
  async #found(input: Uint8Array, first?: FuzzFailure): Promise<void> {
    const again = await this.#failureOf(input)
    const failure = again ?? first
    if (failure === undefined) return
    const name = nameOf(failure)
    if (this.findings.some((finding) => nameOf(finding.failure) === name)) return
    const smallest = again === undefined ? input : await this.#smallest(input, name)
    this.findings.push({ input: smallest, failure })
  }

  async #smallest(input: Uint8Array, name: string): Promise<Uint8Array> {
    let smallest = input
    let tries = 0
    for (let size = input.length >> 1; size >= 1 && tries < MOST_TRIES; size >>= 1) {
      for (let at = 0; at + size <= smallest.length && tries < MOST_TRIES; tries++) {
        const shorter = new Uint8Array([...smallest.subarray(0, at), ...smallest.subarray(at + size)])
        const again = await this.#failureOf(shorter)
        if (again !== undefined && nameOf(again) === name) smallest = shorter
        else at += size
      }
    }
    return smallest
  }

  async #failureOf(input: Uint8Array): Promise<FuzzFailure | undefined> {
    const { target, coverage, announce } = this.#options
    announce(input)
    try {
      coverage.take({ remember: false })
      await execute(target, input)
      checkSteps(target, coverage.take({ remember: false }).steps, [input])
      return undefined
    } catch (error) {
      if (error instanceof FuzzFailure) return error
      throw error
    }
  }

  #change(): Uint8Array {
    const { target } = this.#options
    const dice = this.#dice
    const maxSize = target.maxSize ?? MAX_SIZE
    const surroundings = { dice, others: this.#pool, words: this.#words, maxSize }
    // The newest ones lead on more often than the others.
    const recent = this.#pool.slice(-8)
    let input = dice.oneIn(3) ? dice.pick(recent) : dice.pick(this.#pool)
    for (let changes = 1 + dice.below(MOST_CHANGES); changes > 0; changes--) input = target.mutate(input, surroundings)
    return input
  }
}

function bySize(inputs: Iterable<Uint8Array>): Uint8Array[] {
  return [...inputs].sort((a, b) => a.length - b.length)
}

/** Two failures of one name have one cause, as far as can be told: the code and the place. */
function nameOf({ code, message, cause }: FuzzFailure): string {
  const stack = cause instanceof Error ? (cause.stack ?? '') : ''
  const place = stack.split('\n').find((line) => line.includes('/packages/')) ?? ''
  return code === 'property' ? `${code} ${message}` : `${code} ${place}`
}
