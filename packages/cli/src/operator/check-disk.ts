import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@starling/runtime'
import { type Finding, finding } from './finding.ts'

const GIB = 1_073_741_824
const LITTLE_SPACE = 5 * GIB
const PROBES = 15
const SLOW_FSYNC_MS = 15
/** A disk that takes longer cannot keep up with a swarm. */
const HOPELESS_FSYNC_MS = 100
/** Numbers of the kernel's statfs. */
const MEMORY_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
])

export type DiskFigures = {
  readonly freeBytes: number
  /** Median of a few. */
  readonly fsyncMillis: number
  /** The name of a file system that forgets; `undefined` for others. */
  readonly memory: string | undefined
}

/** @throws an error of the system, if the folder cannot be written to. */
export function measureDisk(folder: string, clock: Clock): DiskFigures {
  const { bavail, bsize, type } = statfsSync(folder)
  return {
    freeBytes: bavail * bsize,
    fsyncMillis: medianFsync(folder, clock),
    memory: MEMORY_FILE_SYSTEMS.get(type),
  }
}

export function checkDisk(
  { freeBytes, fsyncMillis, memory }: DiskFigures,
  { maxStorageBytes, databaseBytes }: { readonly maxStorageBytes: number; readonly databaseBytes: number },
): readonly Finding[] {
  return [
    checkSpace(freeBytes, { maxStorageBytes, databaseBytes }),
    checkFsync(fsyncMillis),
    ...checkFileSystem(memory),
  ]
}

function checkSpace(
  freeBytes: number,
  { maxStorageBytes, databaseBytes }: { readonly maxStorageBytes: number; readonly databaseBytes: number },
): Finding {
  const free = `${formatBytes(freeBytes)} free in the data folder`
  if (maxStorageBytes > freeBytes + databaseBytes) {
    const text = `${free}, but maxStorageBytes allows ${formatBytes(maxStorageBytes)}: lower it, or make room.`
    return finding('disk', 'problem', text)
  }
  if (freeBytes < LITTLE_SPACE) {
    return finding('disk', 'advice', `only ${free}: docs/operating.md says how much users need.`)
  }
  return maxStorageBytes === 0
    ? finding('disk', 'advice', `${free}, and no bound: set maxStorageBytes, so that a full disk stops nobody else.`)
    : finding('disk', 'good', `${free}, of which the database may take ${formatBytes(maxStorageBytes)}`)
}

function checkFsync(millis: number): Finding {
  const took = `an fsync takes ${millis.toFixed(millis < 10 ? 1 : 0)} ms`
  if (millis >= HOPELESS_FSYNC_MS) {
    return finding('disk', 'problem', `${took}: every store waits for one. Use an SSD, not a network or SD card disk.`)
  }
  return millis >= SLOW_FSYNC_MS
    ? finding('disk', 'advice', `${took}: stores will be slow. An SSD takes about 1 ms.`)
    : finding('disk', 'good', took)
}

function checkFileSystem(memory: string | undefined): readonly Finding[] {
  if (memory === undefined) return []
  const text = `the data folder is on ${memory}: key and messages are gone after a restart of the machine. Use a disk.`
  return [finding('disk', 'problem', text)]
}

function medianFsync(folder: string, clock: Clock): number {
  const path = join(folder, '.fsync-test')
  const file = openSync(path, 'w', 0o600)
  try {
    const times = Array.from({ length: PROBES }, (_, at) => {
      const started = clock.monotonic()
      writeSync(file, new Uint8Array(4096), 0, 4096, at * 4096)
      fsyncSync(file)
      return clock.monotonic() - started
    })
    return times.sort((a, b) => a - b)[PROBES >> 1]!
  } finally {
    closeSync(file)
    rmSync(path, { force: true })
  }
}

/** Three digits and a unit of 1024s. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = bytes
  let at = 0
  while (value >= 1000 && at < units.length - 1) {
    value /= 1024
    at++
  }
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toPrecision(3)} ${units[at]}`
}
