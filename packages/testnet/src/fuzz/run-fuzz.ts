/** Fuzzes in a thread, and watches it: an input that never comes back or takes all memory is a finding, too. */

import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Reach } from './coverage.ts'

export type FuzzTask = {
  /** Names, one after the other, in one thread. */
  readonly targets: readonly string[]
  readonly seed: number
  /** Of each target, besides what is known already: whichever comes first of so many inputs and so much time. */
  readonly executions: number
  readonly millis: number
  /** Whether to choose the corpus anew and write it. */
  readonly learn: boolean
}

export type FuzzReport = {
  readonly target: string
  readonly executions: number
  /** By what was known already, and at the end. */
  readonly before: Reach
  readonly after: Reach
  /** Inputs that reached more than all before them. */
  readonly found: number
  /** Inputs of the corpus, as it was chosen anew. */
  readonly kept: number
  readonly findings: readonly {
    readonly input: Uint8Array
    readonly code: string
    readonly message: string
    readonly stack: string
  }[]
  /** Numbers of lines that no input reached, for each file. */
  readonly missed: readonly (readonly [string, readonly number[]])[]
}

const LARGEST_INPUT = 1_048_576
const HEAP_MB = 512
const LOOK_EVERY = 1000
/** No input takes longer on any machine: not a bound of speed, but what tells a loop without an end. */
const HANG_AFTER = 60_000

/**
 * A report for each target, as it ends. Switches off the optimising compilers of this whole process: functions without a
 * branch are not counted in optimised code.
 */
export async function runFuzz(task: FuzzTask, onReport: (report: FuzzReport) => void): Promise<void> {
  setFlagsFromString('--no-maglev')
  setFlagsFromString('--no-turbofan')
  for (let left = task.targets; left.length > 0; ) left = await runThread({ ...task, targets: left }, onReport)
}

/** What is left to do: nothing, unless the thread was lost. */
function runThread(task: FuzzTask, onReport: (report: FuzzReport) => void): Promise<readonly string[]> {
  const shared = new SharedArrayBuffer(8 + LARGEST_INPUT)
  const head = new Int32Array(shared, 0, 2)
  const left = [...task.targets]
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), {
    workerData: { ...task, shared },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  })
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  const lose = (code: string, message: string) => {
    const input = new Uint8Array(shared, 8, Atomics.load(head, 1)).slice()
    onReport({ ...emptyReport(left.shift()!), findings: [{ input, code, message, stack: '' }] })
    resolve(left)
  }
  let [heard, since] = [-1, Date.now()]
  const watch = setInterval(() => {
    const count = Atomics.load(head, 0)
    if (count !== heard) [heard, since] = [count, Date.now()]
    else if (Date.now() - since > HANG_AFTER) {
      void worker.terminate()
      lose('hang', `no end after ${HANG_AFTER / 1000} s`)
    }
  }, LOOK_EVERY)
  worker.on('message', (report: FuzzReport) => {
    left.shift()
    onReport(report)
  })
  worker.once('error', (error: Error & { readonly code?: unknown }) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') lose('memory', `over ${HEAP_MB} MB`)
    else reject(error)
  })
  worker.once('exit', () => resolve(left))
  return promise.finally(() => clearInterval(watch))
}

function emptyReport(target: string): FuzzReport {
  const nothing = { reached: 0, lines: 0 }
  return { target, executions: 0, before: nothing, after: nothing, found: 0, kept: 0, findings: [], missed: [] }
}
