/** Whether a recorded process is still the same: numbers of processes are used again. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Millis } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

export type ProcessRecord = {
  readonly pid: number
  /** Differs for every process that ever had this number on this machine. */
  readonly identity: string
}

/** `undefined`, if no such process runs. */
export function processIdentity(pid: number): string | undefined {
  return process.platform === 'linux' ? linuxIdentity(pid) : startTime(pid)
}

export function recordOf(pid: number): ProcessRecord | undefined {
  const identity = processIdentity(pid)
  return identity === undefined ? undefined : { pid, identity }
}

export function isRunning({ pid, identity }: ProcessRecord): boolean {
  return processIdentity(pid) === identity
}

/** Sends the signal if it is still the same process. */
export function signalProcess(record: ProcessRecord, signal: NodeJS.Signals): void {
  if (!isRunning(record)) return
  try {
    process.kill(record.pid, signal)
  } catch (error) {
    // It ended in the meantime.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Waits until none of them runs; those that still do after `patience`. */
export async function untilEnded(
  records: readonly ProcessRecord[],
  options: {
    readonly clock: Clock
    readonly patience: Millis
    readonly interval: Millis
    readonly signal: AbortSignal
  },
): Promise<readonly ProcessRecord[]> {
  const { clock, patience, interval, signal } = options
  const started = clock.monotonic()
  for (;;) {
    const left = records.filter(isRunning)
    if (left.length === 0 || clock.monotonic() - started >= patience) return left
    await clock.sleep(interval, { signal })
  }
}

/** The boot's ID and the start in ticks since then. A zombie has ended: only its parent has not asked yet. */
function linuxIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may hold spaces: the fields are counted behind it. proc(5): state is 3, starttime is 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`
  } catch {
    return undefined // no such process is the only reason why these cannot be read
  }
}

function startTime(pid: number): string | undefined {
  const result = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const text = result.stdout?.trim()
  return result.status === 0 && text !== '' ? text : undefined
}
