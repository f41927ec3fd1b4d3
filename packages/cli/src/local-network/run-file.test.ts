import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { millis, seconds } from '@starling/protocol'
import { systemClock } from '@starling/runtime'
import { expect } from 'expect'
import { runPath } from './layout.ts'
import { isRunning, processIdentity, recordOf, signalProcess, untilEnded } from './process-identity.ts'
import { claimRun, readRun, releaseRun, updateRun } from './run-file.ts'

const supervisor = { pid: 4711, identity: 'boot:1' }

function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'starling-run-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

test('one program at a time gets the folder', () => {
  using folder = temporaryFolder()
  expect(claimRun(folder.path, { supervisor, nodes: [] })).toBe(true)
  expect(claimRun(folder.path, { supervisor: { pid: 1, identity: 'x' }, nodes: [] })).toBe(false)
  const run = { supervisor, nodes: [{ name: '01', pid: 5, identity: 'y' }], appUrl: 'http://127.0.0.1:8420/' }
  updateRun(folder.path, run)
  expect(readRun(folder.path)).toMatchObject(run)
  releaseRun(folder.path)
  expect(readRun(folder.path)).toBeUndefined()
  expect(readdirSync(folder.path)).toEqual([])
})

test('numbers that stand for groups of processes are never taken from the file', () => {
  for (const pid of [0, -1, 1.5, '7', null]) {
    using folder = temporaryFolder()
    writeFileSync(
      runPath(folder.path),
      JSON.stringify({ version: 1, supervisor, nodes: [{ name: '01', pid, identity: 'x' }] }),
    )
    expect(readRun(folder.path)?.nodes).toEqual([])
  }
})

test('a file that is damaged says nothing', () => {
  for (const text of ['', '{', '[]', '{"version":2}', '{"version":1,"nodes":[]}']) {
    using folder = temporaryFolder()
    writeFileSync(runPath(folder.path), text)
    expect(readRun(folder.path)).toBeUndefined()
  }
})

test('a process is recognised while it runs, and not after', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' })
  const record = recordOf(child.pid!)!
  expect(isRunning(record)).toBe(true)
  expect(isRunning({ ...record, identity: `${record.identity}0` })).toBe(false)
  signalProcess({ ...record, identity: 'another process' }, 'SIGKILL')
  expect(isRunning(record)).toBe(true)
  const signal = new AbortController().signal
  const waiting = { clock: systemClock(), patience: seconds(10), interval: millis(10), signal }
  expect(await untilEnded([record], { ...waiting, patience: millis(0) })).toEqual([record])
  signalProcess(record, 'SIGTERM')
  expect(await untilEnded([record], waiting)).toEqual([])
  expect(isRunning(record)).toBe(false)
})

test('this very process has an identity, and it stays', () => {
  expect(processIdentity(process.pid)).toBeDefined()
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid))
})
