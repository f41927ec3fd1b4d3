/**
 * Fuzzes in a thread of its own: coverage counts all code that is loaded after it was started, so nothing of ours is
 * imported above. What it is about to run it writes where the main thread can see it, should it never come back.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { Coverage } from './coverage.ts'
import type { FuzzReport, FuzzTask } from './run-fuzz.ts'
import type { FuzzTarget } from './target.ts'

const {
  targets: names,
  seed,
  executions,
  millis,
  learn,
  shared,
} = workerData as FuzzTask & { shared: SharedArrayBuffer }
/** Of an input in the repository: what takes a larger one, it may find again. */
const LARGEST_KEPT = 2048

const coverage = new Coverage()
coverage.start()
const [{ loadTarget }, { Fuzzer }, corpus] = await Promise.all([
  import('./targets.ts'),
  import('./fuzzer.ts'),
  import('./corpus.ts'),
])

const [head, place] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, 8)]
const announce = (input: Uint8Array) => {
  place.set(input)
  Atomics.store(head, 1, input.length)
  Atomics.add(head, 0, 1)
}

for (const name of names) {
  const target = await loadTarget(name)
  coverage.begin()
  parentPort?.postMessage(await fuzz(target))
}

async function fuzz(target: FuzzTarget): Promise<FuzzReport> {
  const inputs = [
    target.seeds(),
    corpus.readInputs('regressions', target.name),
    corpus.readInputs('corpus', target.name),
  ]
  const fuzzer = new Fuzzer({ target, coverage, seed, announce })
  const known = inputs.flatMap((some) => [...some])
  coverage.forget()
  await (learn ? fuzzer.load(known) : fuzzer.take(known))
  const loaded = { pool: fuzzer.pool.length, reach: fuzzer.reach, executions: fuzzer.executions }
  const until = Date.now() + millis
  while (fuzzer.executions - loaded.executions < executions && Date.now() < until) await fuzzer.round()
  const [after, missed] = [fuzzer.reach, [...coverage.missed(target.sources)]]
  return {
    target: target.name,
    executions: fuzzer.executions - loaded.executions,
    before: loaded.reach,
    after,
    found: fuzzer.pool.length - loaded.pool,
    kept: learn ? await keep(target, fuzzer.pool) : 0,
    findings: fuzzer.findings.map(({ input, failure }) => ({
      input,
      code: failure.code,
      message: failure.message,
      stack: String(failure.cause instanceof Error ? failure.cause.stack : failure.stack),
    })),
    missed,
  }
}

/** Small ones that were found later can stand for several: what is kept is chosen anew, the smallest first. */
async function keep(target: FuzzTarget, pool: readonly Uint8Array[]): Promise<number> {
  coverage.forget()
  const chosen = new Fuzzer({ target, coverage, seed, announce })
  await chosen.load(pool.filter(({ length }) => length <= LARGEST_KEPT))
  corpus.writeCorpus(target.name, chosen.pool)
  return chosen.pool.length
}
