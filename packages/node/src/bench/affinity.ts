/** Which core a process runs on, and what it used of it. Linux; elsewhere nothing is pinned and processor times are unknown. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** The nodes, all on one core. */
export const NODE_CORE = 0
/** The load. */
export const LOAD_CORE = 1
/** `USER_HZ`: 100 on every Linux architecture that Node.js runs on. */
const TICK_MS = 10

/** Whether there are two cores and a program that pins. */
export function canPin(): boolean {
  try {
    execFileSync('taskset', ['-V'], { stdio: 'ignore' })
    return cpus().length >= 2
  } catch {
    return false
  }
}

/** All threads of this process, and those to come. */
export function pinSelf(core: number): void {
  execFileSync('taskset', ['-acp', String(core), String(process.pid)], { stdio: 'ignore' })
}

/** The command that runs `command` on one core. */
export function pinned(core: number | undefined, command: readonly string[]): readonly [string, ...string[]] {
  return (core === undefined ? command : ['taskset', '-c', String(core), ...command]) as [string, ...string[]]
}

/** User and system time since the process began, in ms; NaN if that is not known. */
export function cpuMsOf(pid: number): number {
  try {
    const [, fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    const [user, system] = fields!.split(' ').slice(11, 13)
    return (Number(user) + Number(system)) * TICK_MS
  } catch {
    return Number.NaN
  }
}

/** Resident memory in bytes; NaN if that is not known. */
export function residentBytesOf(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes) * 1024
  } catch {
    return Number.NaN
  }
}
