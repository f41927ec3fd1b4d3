import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '@starling/runtime'
import { expect } from 'expect'
import { checkAddress, specialAddress } from './check-address.ts'
import { checkClock, judgeClock } from './check-clock.ts'
import { checkDisk, formatBytes, measureDisk } from './check-disk.ts'
import { checkFiles } from './check-files.ts'
import { checkMachine } from './check-machine.ts'
import { checkPorts } from './check-ports.ts'
import { type Finding, renderFindings } from './finding.ts'

const levels = (findings: readonly Finding[]) => findings.map(({ level }) => level)
const { signal } = new AbortController()
const clock = systemClock()

test('addresses that the internet does not reach are told apart from those that it does', () => {
  const special = ['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.127.9.9']
  for (const address of [...special, '169.254.1.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '203.0.113.7']) {
    expect(specialAddress(address)).toBeDefined()
  }
  for (const address of [
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.0.1',
    '100.128.0.1',
    '192.167.1.1',
    '223.9.9.9',
  ]) {
    expect(specialAddress(address)).toBeUndefined()
  }
})

test('a private address is a problem in a public network, and right in a private one', () => {
  const bootstrap = ['https://seed.example.org:22021']
  expect(levels(checkAddress({ address: '192.168.1.5', host: '0.0.0.0', bootstrap }))).toEqual(['problem'])
  expect(levels(checkAddress({ address: '8.8.8.8', host: '0.0.0.0', bootstrap }))).toEqual(['good'])
  expect(levels(checkAddress({ address: '8.8.8.8', host: '127.0.0.1', bootstrap }))).toEqual(['good', 'problem'])
  const home = ['http://127.0.0.1:22301']
  expect(levels(checkAddress({ address: '127.0.0.1', host: '127.0.0.1', bootstrap: home }))).toEqual(['good'])
})

test('the clock is judged by the median of the bootstrap nodes, and not at all without one', () => {
  expect(judgeClock([0, 200, -400])).toMatchObject({ level: 'good' })
  expect(judgeClock([90_000, 0, undefined, 100])).toMatchObject({ level: 'good' })
  expect(judgeClock([-10_000])).toMatchObject({ level: 'advice', text: expect.stringContaining('10.0 s behind') })
  expect(judgeClock([36_000])).toMatchObject({ level: 'problem', text: expect.stringContaining('36.0 s ahead') })
  expect(judgeClock([undefined, undefined])).toMatchObject({ level: 'advice' })
})

test('the time of a bootstrap node is taken from its answer', async () => {
  const server = createServer((_, response) => {
    response.sendDate = false
    response.writeHead(200, { Date: new Date(Date.now() - 60_000).toUTCString() })
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const findings = await checkClock([url], clock, signal)
  await new Promise((resolve) => server.close(resolve))
  expect(findings).toMatchObject([{ level: 'problem', text: expect.stringMatching(/(59|60)\.\d s ahead/) }])
  expect(await checkClock([url], clock, signal)).toMatchObject([{ level: 'advice' }])
})

test('a disk that is small, slow or forgetful is told', () => {
  const good = { freeBytes: 100e9, fsyncMillis: 1, memory: undefined }
  const bound = { maxStorageBytes: 50e9, databaseBytes: 0 }
  expect(levels(checkDisk(good, bound))).toEqual(['good', 'good'])
  expect(levels(checkDisk(good, { maxStorageBytes: 0, databaseBytes: 0 }))).toEqual(['advice', 'good'])
  expect(levels(checkDisk(good, { maxStorageBytes: 120e9, databaseBytes: 0 }))).toEqual(['problem', 'good'])
  expect(levels(checkDisk(good, { maxStorageBytes: 120e9, databaseBytes: 30e9 }))).toEqual(['good', 'good'])
  expect(levels(checkDisk({ ...good, freeBytes: 1e9 }, { ...bound, maxStorageBytes: 5e8 }))).toEqual(['advice', 'good'])
  expect(levels(checkDisk({ ...good, fsyncMillis: 20 }, bound))).toEqual(['good', 'advice'])
  expect(levels(checkDisk({ ...good, fsyncMillis: 200, memory: 'tmpfs' }, bound))).toEqual([
    'good',
    'problem',
    'problem',
  ])
})

test('the disk of this machine has figures, and nothing is left behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-disk-'))
  try {
    const figures = measureDisk(folder, clock)
    expect(figures.freeBytes).toBeGreaterThan(0)
    expect(figures.fsyncMillis).toBeGreaterThanOrEqual(0)
    expect(checkFiles([{ path: join(folder, '.fsync-test'), kind: 'secret' }])).toHaveLength(1)
  } finally {
    rmSync(folder, { recursive: true })
  }
  expect(() => measureDisk(join(folder, 'gone'), clock)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
})

test('keys that others can read are a problem, and so is a configuration that others can write', () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-files-'))
  const key = join(folder, 'node.key')
  const config = join(folder, 'node.json')
  writeFileSync(key, '', { mode: 0o600 })
  writeFileSync(config, '', { mode: 0o644 })
  chmodSync(folder, 0o700)
  const places = [
    { path: key, kind: 'secret' as const },
    { path: folder, kind: 'folder' as const },
    { path: config, kind: 'configuration' as const },
    { path: join(folder, 'missing'), kind: 'secret' as const },
  ]
  try {
    expect(levels(checkFiles(places))).toEqual(['good'])
    chmodSync(key, 0o640)
    chmodSync(folder, 0o755)
    chmodSync(config, 0o666)
    expect(levels(checkFiles(places))).toEqual(['problem', 'advice', 'problem'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what the machine lacks is told', () => {
  const limits =
    'Limit  Soft Limit  Hard Limit  Units\nMax core file size  0  unlimited  bytes\nMax open files  65536  65536  files\n'
  const machine = { nodeVersion: '26.1.0', isRoot: false, memoryBytes: 4e9, cores: 2, limits }
  expect(levels(checkMachine(machine))).toEqual(['good'])
  expect(levels(checkMachine({ ...machine, nodeVersion: '20.11.1' }))).toEqual(['problem'])
  expect(levels(checkMachine({ ...machine, isRoot: true, memoryBytes: 5e8 }))).toEqual(['good', 'advice', 'advice'])
  const poor = limits.replace('65536', '1024').replace('size  0', 'size  unlimited')
  expect(levels(checkMachine({ ...machine, limits: poor }))).toEqual(['good', 'advice', 'advice'])
  expect(levels(checkMachine({ ...machine, limits: undefined }))).toEqual(['good'])
})

test('ports that are taken, shared or not ours are problems', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const taken = await checkPorts([{ name: 'httpsPort', host: '127.0.0.1', port }], clock, signal)
  await new Promise((resolve) => server.close(resolve))
  expect(taken).toMatchObject([{ level: 'problem', text: expect.stringContaining(`httpsPort ${port} is taken`) }])
  const both = [
    { name: 'httpsPort', host: '127.0.0.1', port },
    { name: 'peerPort', host: '127.0.0.1', port },
  ]
  expect(levels(await checkPorts(both, clock, signal))).toEqual(['good', 'problem'])
  const elsewhere = await checkPorts([{ name: 'httpsPort', host: '192.0.2.1', port }], clock, signal)
  expect(elsewhere).toMatchObject([
    { level: 'problem', text: expect.stringContaining('not an address of this machine') },
  ])
})

test('findings are shown with the worst at the end', () => {
  const text = renderFindings([
    { check: 'ports', level: 'problem', text: 'c' },
    { check: 'disk', level: 'good', text: 'a' },
    { check: 'disk', level: 'advice', text: 'b' },
  ])
  expect(text).toBe('  ok       a\n  note     b\n  PROBLEM  c\n')
})

test('sizes have three digits and a unit', () => {
  expect([0, 999, 1024, 1_500_000, 150_000_000, 80e9, 2e15].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.00 KiB',
    '1.43 MiB',
    '143 MiB',
    '74.5 GiB',
    '1.78 PiB',
  ])
})
