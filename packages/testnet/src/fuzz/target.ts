/** What is fuzzed, and what must hold whatever comes in. */
import { MessengerError } from '@starling/protocol'
import type { Mutator } from './mutate-bytes.ts'

export type FuzzTarget = {
  readonly name: string
  /** Files whose coverage is printed: where the foreign bytes go first. Relative to `packages`. */
  readonly sources: readonly string[]
  readonly mutate: Mutator
  /** Words of the format, to be put somewhere. */
  readonly words: readonly string[]
  /** Of an input; 16 KiB unless told. */
  readonly maxSize?: number
  /** Well-formed inputs, and notable ones that are not. */
  seeds(): Iterable<Uint8Array>
  /**
   * Reads the input and checks what must hold, also that what was read can be written and read again. What it returns is
   * what reading has made of it. May throw a typed error about the input, which is as good as an answer.
   *
   * @throws {FuzzFailure} if something does not hold.
   */
  run(input: Uint8Array): unknown
  /** How much may come out: `base + factor × size of the input`; 4 KiB and 16 unless told. */
  readonly output?: Bound
  /** How many blocks of our code may run: `base + factor × size of the input`; 50,000 and 500 unless told. */
  readonly steps?: Bound
}

export type Bound = { readonly base: number; readonly factor: number }

const OUTPUT: Bound = { base: 4096, factor: 16 }
const STEPS: Bound = { base: 50_000, factor: 500 }
const MAX_ERROR_TEXT = 300

/** A rule that an input has broken. */
export class FuzzFailure extends MessengerError {
  override readonly name = 'FuzzFailure'
  readonly fault = 'bug'
  readonly code: 'untyped_error' | 'long_error' | 'property' | 'output' | 'steps' | 'hang' | 'memory'
  constructor(code: FuzzFailure['code'], detail: string, options?: ErrorOptions) {
    super(`${code.replaceAll('_', ' ')}: ${detail}`, options)
    this.code = code
  }
}

/** What must hold of an input, or the run fails with `property`. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new FuzzFailure('property', what)
}

/**
 * Runs an input through a target.
 *
 * @throws {FuzzFailure} `untyped_error`, `long_error`, `property`, `output`
 */
export async function execute(target: FuzzTarget, input: Uint8Array): Promise<void> {
  // As Node.js gives what it received: a subclass, whose `slice` shares memory.
  const received = Buffer.from(input)
  let output: unknown
  try {
    output = target.run(received)
    if (output instanceof Promise) output = await output
  } catch (error) {
    checkError(error)
    return
  } finally {
    must(received.equals(input), 'reading an input leaves it as it was')
  }
  const { base, factor } = target.output ?? OUTPUT
  const weight = weigh(output)
  if (weight > base + factor * input.length) {
    throw new FuzzFailure('output', `${weight} bytes of ${input.length}`)
  }
}

/** The same on every machine, so it can be asserted where time cannot. @throws {FuzzFailure} `steps` */
export function checkSteps(target: FuzzTarget, steps: number, inputs: readonly Uint8Array[]): void {
  const { base, factor } = target.steps ?? STEPS
  const bound = inputs.reduce((sum, { length }) => sum + base + factor * length, 0)
  if (steps > bound) throw new FuzzFailure('steps', `${steps} blocks, over ${bound}`)
}

/** Whose fault it is that an input was refused must be said: the input's. */
function checkError(error: unknown): void {
  if (error instanceof FuzzFailure) throw error
  if (!(error instanceof MessengerError) || error.fault !== 'input') {
    const name = error instanceof Error ? `${error.name} ${error.message.slice(0, 100)}` : typeof error
    throw new FuzzFailure('untyped_error', name, { cause: error })
  }
  if (error.message.length > MAX_ERROR_TEXT) throw new FuzzFailure('long_error', `${error.message.length} characters`)
}

/** About how many bytes a value holds. What shares memory counts each time: that is how it is written again. */
export function weigh(value: unknown): number {
  if (typeof value === 'string') return 2 * value.length
  if (value instanceof Uint8Array) return value.length
  if (typeof value !== 'object' || value === null) return 8
  let weight = 16
  if (value instanceof Map) for (const [key, item] of value) weight += weigh(key) + weigh(item)
  else for (const item of Object.values(value)) weight += 8 + weigh(item)
  return weight
}
