import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { formatBytes } from './check-disk.ts'
import { type Finding, finding } from './finding.ts'

const LEAST_NODE = 24
const MANY_FILES = 16_384
const LITTLE_MEMORY = 900_000_000

export type Machine = {
  readonly nodeVersion: string
  readonly isRoot: boolean
  readonly memoryBytes: number
  readonly cores: number
  /** Text of `/proc/self/limits`; `undefined` where there is none. */
  readonly limits: string | undefined
}

export function thisMachine(): Machine {
  return {
    nodeVersion: process.versions.node,
    isRoot: process.getuid?.() === 0,
    memoryBytes: totalmem(),
    cores: availableParallelism(),
    limits: readLimits(),
  }
}

export function checkMachine({ nodeVersion, isRoot, memoryBytes, cores, limits }: Machine): readonly Finding[] {
  const found: Finding[] = []
  const add = (level: Finding['level'], text: string) => found.push(finding('machine', level, text))
  if (Number(nodeVersion.split('.')[0]) < LEAST_NODE) {
    add('problem', `Node.js ${nodeVersion} is too old: ${LEAST_NODE} or later is needed. \`npm ci\` brings one along.`)
  } else add('good', `Node.js ${nodeVersion}, ${cores} cores, ${formatBytes(memoryBytes)} of memory`)
  if (memoryBytes < LITTLE_MEMORY) add('advice', 'less than 1 GB of memory: docs/operating.md says what a node needs.')
  if (isRoot) add('advice', 'this is root: run the node as a user of its own (docs/operating.md has the systemd unit).')
  const files = softLimit(limits, 'Max open files')
  if (files !== undefined && files < MANY_FILES) {
    add('advice', `${files} open files are allowed: each client takes one. Raise it: LimitNOFILE=65536, or ulimit -n.`)
  }
  const core = softLimit(limits, 'Max core file size')
  if (core !== undefined && core > 0) {
    add('advice', 'a crash may write the memory, and so the key, to disk: LimitCORE=0, or ulimit -c 0.')
  }
  return found
}

/** `Infinity` for unlimited. */
function softLimit(limits: string | undefined, name: string): number | undefined {
  const text = limits
    ?.split('\n')
    .find((line) => line.startsWith(name))
    ?.slice(name.length)
    .trim()
    .split(/\s+/)[0]
  if (text === undefined) return undefined
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text)
}

function readLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return undefined // not Linux
  }
}
