/**
 * What of our code an input reaches, by the precise coverage of V8. It must be started before that code is loaded: only
 * functions that are compiled afterwards count their blocks. Asking for it costs about 0.6 ms and starts the counts anew.
 */
import { readFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'

/** Our packages, but not the fuzzer itself. */
const OURS = /\/packages\/(?!testnet\/)[^/]+\/src\//
/** A line of braces or a comment says nothing about what was reached. */
const NO_CODE = /^\s*(?:[{}()[\];,\s]*|\/\/.*|\/?\*.*|else|\} else \{)$/

type Script = {
  readonly path: string
  /** For each character the numbers of runs that were seen, one bit for each range of numbers. */
  readonly seen: Uint8Array
  readonly now: Uint8Array
  /** Characters inside functions: what runs once, when the file is loaded, is none of an input's doing. */
  readonly inside: Uint8Array
  readonly lineOf: Uint32Array
  readonly codeLines: ReadonlySet<number>
}

export type Taken = {
  /** Characters of code that ran for the first time. */
  readonly fresh: number
  /** Those, and characters that ran a number of times in which they had not been seen. */
  readonly news: number
  /** How often blocks of our code ran: the time that an input takes, as far as it is ours, but the same on every machine. */
  readonly steps: number
}

export type Reach = { readonly reached: number; readonly lines: number }

export class Coverage {
  readonly #session = new Session()
  readonly #scripts = new Map<string, Script>()

  start(): void {
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true, allowTriggeredUpdates: false })
  }

  /** Takes note of code that was loaded since: what loading it ran is no input's doing. */
  begin(): void {
    for (const { url, functions } of this.#coverage()) {
      const script = this.#script(url)
      for (const { ranges } of functions) {
        const { startOffset, endOffset } = ranges[0]!
        if (startOffset > 0) script.inside.fill(1, startOffset, endOffset)
      }
    }
  }

  /** What has run since the last time. `remember`: what is new now is not new any more. */
  take({ remember }: { readonly remember: boolean }): Taken {
    let [fresh, news, steps] = [0, 0, 0]
    for (const { url, functions } of this.#coverage()) {
      const script = this.#script(url)
      steps += paint(script, functions)
      for (const { ranges } of functions) {
        const { startOffset, endOffset } = ranges[0]!
        for (let at = startOffset; at < endOffset; at++) {
          const bits = script.now[at]!
          if (bits === 0) continue
          script.now[at] = 0
          const before = script.seen[at]!
          if ((bits & ~before) === 0) continue
          news++
          if (before === 0) fresh++
          if (remember) script.seen[at] = before | bits
        }
      }
    }
    return { fresh, news, steps }
  }

  /** Lines with code in functions of these files, and how many of them anything has reached since `forget`. */
  reach(paths: readonly string[]): Reach {
    const scripts = this.#of(paths).map(([, script]) => linesOf(script))
    const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0)
    return {
      reached: sum(scripts.map(({ reached }) => reached.size)),
      lines: sum(scripts.map(({ all }) => all.size)),
    }
  }

  /** The numbers of the lines that nothing has reached, for each of these files. */
  missed(paths: readonly string[]): ReadonlyMap<string, readonly number[]> {
    const missed = this.#of(paths).map(([path, script]) => {
      const { all, reached } = linesOf(script)
      return [path, [...all].filter((line) => !reached.has(line))] as const
    })
    return new Map(missed)
  }

  /** What is seen starts from nothing: for the next target. */
  forget(): void {
    for (const { seen } of this.#scripts.values()) seen.fill(0)
  }

  #of(paths: readonly string[]): [string, Script][] {
    return [...this.#scripts.values()].flatMap((script): [string, Script][] => {
      const path = paths.find((each) => script.path.endsWith(`/packages/${each}`))
      return path === undefined ? [] : [[path, script]]
    })
  }

  #coverage(): Profiler.ScriptCoverage[] {
    const { result } = this.#post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType
    return result.filter(({ url }) => OURS.test(url))
  }

  #script(url: string): Script {
    let script = this.#scripts.get(url)
    if (script === undefined) {
      const path = fileURLToPath(url)
      script = scriptOf(path, readFileSync(path, 'utf8'))
      this.#scripts.set(url, script)
    }
    return script
  }

  /** In the own process the answer is there when the call returns. */
  #post(method: string, params: object = {}): object {
    let answer: object | undefined
    this.#session.post(method, params, (error, result) => {
      if (error) throw error
      answer = result as object
    })
    return answer!
  }
}

function scriptOf(path: string, source: string): Script {
  const lineOf = new Uint32Array(source.length)
  const codeLines = new Set<number>()
  let at = 0
  for (const [index, line] of source.split('\n').entries()) {
    lineOf.fill(index + 1, at, at + line.length + 1)
    at += line.length + 1
    if (!NO_CODE.test(line)) codeLines.add(index + 1)
  }
  const bytes = () => new Uint8Array(source.length)
  return { path, seen: bytes(), now: bytes(), inside: bytes(), lineOf, codeLines }
}

function linesOf({ inside, seen, lineOf, codeLines }: Script): { all: Set<number>; reached: Set<number> } {
  const [all, reached] = [new Set<number>(), new Set<number>()]
  for (let at = 0; at < seen.length; at++) {
    const line = lineOf[at]!
    if (inside[at] === 0 || !codeLines.has(line)) continue
    all.add(line)
    if (seen[at] !== 0) reached.add(line)
  }
  return { all, reached }
}

/** V8 lists functions and blocks from the outside in, so that what is inside is painted over what is around it. */
function paint(script: Script, functions: readonly Profiler.FunctionCoverage[]): number {
  let steps = 0
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      script.now.fill(bitOf(count), startOffset, endOffset)
      steps += count
    }
  }
  return steps
}

/** 1, 2, 3, up to 7, 15, 31, 127, and more: a loop that runs once more is news only now and then. */
function bitOf(count: number): number {
  if (count < 4) return count === 0 ? 0 : 1 << (count - 1)
  if (count < 32) return 8 << (Math.floor(Math.log2(count)) - 2)
  return count < 128 ? 64 : 128
}
