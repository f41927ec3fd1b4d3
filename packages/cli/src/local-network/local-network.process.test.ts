import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { seconds } from '@starling/protocol'
import { expect } from 'expect'
import { loadNodesPath } from './layout.ts'
import { startLocalNetwork } from './local-network.ts'
import type { LocalNetworkEvent, LocalNetworkOptions } from './options.ts'
import { processIdentity } from './process-identity.ts'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function small(options: Partial<LocalNetworkOptions> = {}): LocalNetworkOptions {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'starling-network-'))
  folders.push(folder)
  return { nodes: 4, portBase: 'any', parameters: { swarmSize: 2, epochLength: seconds(2) }, ...options, folder }
}

test('nodes form a directory, can be killed and come back, and are the same after a restart of all', async () => {
  const events: LocalNetworkEvent[] = []
  const options = small({ onEvent: (event) => events.push(event) })
  const first = await startLocalNetwork(options)
  const before = await first.directory()
  expect(before?.nodes.size).toBe(4)
  expect(before?.swarmIds.length).toBe(2)
  expect(await first.health('03')).toMatchObject({ ready: true, nodes: 4, swarms: 2, messages: 0 })
  const described = JSON.parse(readFileSync(loadNodesPath(options.folder), 'utf8'))
  expect(
    described.nodes.map((node: { swarm: string }) => node.swarm).every((id: string) => /^[0-9a-f]{16}$/.test(id)),
  ).toBe(true)

  await first.kill('02')
  expect(await first.health('02')).toBeUndefined()
  expect(first.nodes.map(({ pid }) => pid === undefined)).toEqual([false, true, false, false])
  await first.restart('02')
  expect(await first.health('02')).toMatchObject({ ready: true })
  expect(events.some(({ kind }) => kind === 'nodeEnded')).toBe(false)

  const pids = first.nodes.map(({ pid }) => pid!)
  await first[Symbol.asyncDispose]()
  expect(pids.filter((pid) => processIdentity(pid) !== undefined)).toEqual([])

  await using second = await startLocalNetwork({ folder: options.folder })
  expect(second.networkFile).toEqual(first.networkFile)
  expect(second.nodes.map(({ nodeId }) => nodeId)).toEqual(first.nodes.map(({ nodeId }) => nodeId))
  expect((await second.directory())!.document.epoch).toBeGreaterThanOrEqual(before!.document.epoch)
})

test('a folder is run by one program at a time', async () => {
  const options = small({ nodes: 1, parameters: { swarmSize: 1 } })
  await using network = await startLocalNetwork(options)
  await expect(startLocalNetwork(options)).rejects.toMatchObject({
    code: 'network_running',
    run: { supervisor: { pid: process.pid } },
  })
  expect(await network.health('01')).toMatchObject({ ready: true })
})

test('a node that ends by itself is reported, and the rest go on', async () => {
  const ended = Promise.withResolvers<LocalNetworkEvent>()
  const options = small({
    nodes: 2,
    onEvent: (event) => {
      if (event.kind === 'nodeEnded') ended.resolve(event)
    },
  })
  await using network = await startLocalNetwork(options)
  process.kill(network.nodes[1]!.pid!, 'SIGKILL')
  expect(await ended.promise).toMatchObject({ name: '02', how: 'signal SIGKILL', left: 1 })
  expect(await network.health('01')).toMatchObject({ ready: true })
})

test('a start that is called off leaves nothing running and the folder free', async () => {
  const caller = new AbortController()
  const options = small({
    nodes: 2,
    signal: caller.signal,
    onEvent: ({ kind }) => {
      if (kind === 'starting') caller.abort()
    },
  })
  await expect(startLocalNetwork(options)).rejects.toMatchObject({ name: 'AbortError' })
  await using network = await startLocalNetwork({ folder: options.folder })
  expect(network.nodes.length).toBe(2)
})
