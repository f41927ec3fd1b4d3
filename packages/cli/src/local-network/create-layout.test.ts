import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromHex, nodeIdOf, seconds } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import { createLayout } from './create-layout.ts'
import { layoutPath, networkPath, readLayout } from './layout.ts'

const crypto = createNativeCrypto()

function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'starling-layout-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

function create(folder: string, nodes = 4) {
  const parameters = { swarmSize: 2, epochLength: seconds(1) }
  return createLayout({ folder, nodes, portBase: 23_000, parameters, crypto, random: seededRandom(3) })
}

test('what was made is read again as it was', () => {
  using folder = temporaryFolder()
  expect(readLayout(folder.path)).toBeUndefined()
  const made = create(folder.path)
  expect(readLayout(folder.path)).toEqual(made)
  expect(made.network.parameters).toMatchObject({ swarmSize: 2, epochLength: 1000, dropAfter: 60_000 })
  expect(made.network.bootstrap).toEqual(['http://127.0.0.1:23201'])
})

test('each node has a key of its own that only its owner can read', () => {
  using folder = temporaryFolder()
  const { nodes, network } = create(folder.path)
  const keyIn = (path: string) => {
    expect(statSync(join(folder.path, path)).mode & 0o777).toBe(0o600)
    const text = readFileSync(join(folder.path, path), 'utf8')
    expect(text).toMatch(/^[0-9a-f]{64}$/)
    return crypto.ed25519KeyPair(fromHex(text)).publicKey
  }
  for (const { name, nodeId } of nodes) expect(nodeIdOf(keyIn(`nodes/${name}/data/node.key`))).toBe(nodeId)
  expect(network.directoryKeys).toEqual([keyIn('nodes/01/directory.key')])
  expect(new Set(nodes.map(({ nodeId }) => nodeId)).size).toBe(4)
})

test('the first node alone is a directory member, and invites all', () => {
  using folder = temporaryFolder()
  const { nodes } = create(folder.path)
  const [first, ...others] = nodes.map(({ name }) =>
    JSON.parse(readFileSync(join(folder.path, 'nodes', name, 'node.json'), 'utf8')),
  )
  expect(first.directory).toEqual({ keyFile: 'directory.key', invited: nodes.map(({ nodeId }) => nodeId) })
  expect(others.map((config) => config.directory)).toEqual([undefined, undefined, undefined])
  expect(first.host).toBe('127.0.0.1')
})

test("somebody else's network file is left alone", () => {
  using folder = temporaryFolder()
  writeFileSync(networkPath(folder.path), 'mine')
  expect(() => create(folder.path)).toThrow(expect.objectContaining({ code: 'folder_not_ours' }))
  expect(readFileSync(networkPath(folder.path), 'utf8')).toBe('mine')
})

test('a damaged file is an error, never a new network', () => {
  for (const damage of ['', '{}', '{"version":1,"nodes":[]}', '{"version":1,"nodes":[{"name":"../x"}]}']) {
    using folder = temporaryFolder()
    create(folder.path)
    writeFileSync(layoutPath(folder.path), damage)
    expect(() => readLayout(folder.path)).toThrow(expect.objectContaining({ code: 'network_file' }))
  }
})
