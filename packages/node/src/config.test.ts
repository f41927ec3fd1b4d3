import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import { ConfigError, readConfig } from './config.ts'
import { readOrCreateKey } from './key-file.ts'
import { DEFAULT_LIMITS } from './server/limits.ts'
import { crypto } from './testing/fixture.ts'

const minimal = { network: 'network.json', dataFolder: 'data', address: '192.0.2.1' }

function folder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'starling-config-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

function read(content: unknown, environment: Record<string, string | undefined> = {}) {
  using place = folder()
  const file = join(place.path, 'node.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return { config: readConfig(file, environment), folder: place.path }
}

test('what is not said has a default, and paths are relative to the file', () => {
  const { config, folder } = read(minimal)
  expect(config).toEqual({
    network: join(folder, 'network.json'),
    dataFolder: join(folder, 'data'),
    host: '0.0.0.0',
    address: '192.0.2.1',
    httpsPort: 22_021,
    peerPort: 22_020,
    operator: '',
    maxStorageBytes: 0,
    maxOwnerBytes: 1_073_741_824,
    maxOwnerMessages: 0,
    logLevel: 'info',
    limits: DEFAULT_LIMITS,
    onion: { acceptAesCbc: false, exits: [] },
  })
})

test('others may reach a node by other ports than those that it listens on', () => {
  const { config } = read({ ...minimal, publicPeerPort: 443 })
  expect(config).toMatchObject({ peerPort: 22_020, publicPeerPort: 443 })
  expect(() => read({ ...minimal, publicPeerPort: 0 })).toThrow(expect.objectContaining({ code: 'invalid' }))
})

test('variables override the file', () => {
  const { config } = read(minimal, { STARLING_NODE_HTTPS_PORT: '1234', STARLING_NODE_OPERATOR: 'me', HOME: '/root' })
  expect(config).toMatchObject({ httpsPort: 1234, operator: 'me' })
})

test('each limit can be set alone; the others keep their defaults', () => {
  const { config } = read({ ...minimal, limits: { perAddress: false, links: 100 } })
  expect(config.limits).toEqual({ ...DEFAULT_LIMITS, perAddress: false, links: 100 })
  expect(read(minimal).config.limits).toEqual(DEFAULT_LIMITS)
})

test('an exit needs no more than a host', () => {
  const { config } = read({ ...minimal, onion: { acceptAesCbc: true, exits: [{ host: 'files.example' }] } })
  const exits = [{ host: 'files.example', port: 443, protocol: 'https' }]
  expect(config.onion).toEqual({ acceptAesCbc: true, exits })
})

test('unknown keys, variables and values are refused by name', () => {
  const invalid = (content: unknown, environment = {}) => {
    expect(() => read(content, environment)).toThrow(expect.objectContaining({ code: 'invalid' }))
  }
  invalid({ ...minimal, htpsPort: 1 })
  invalid({ ...minimal, web: { port: 1, url: 'http://x', host: '127.0.0.1', extra: 1 } })
  invalid({ ...minimal, limits: { rpcPerSecnd: 1 } })
  invalid({ ...minimal, limits: { links: 0 } })
  invalid({ ...minimal, onion: { exits: [{ host: '*.example' }] } })
  invalid({ ...minimal, onion: { exits: [{ host: 'files.example', port: 0 }] } })
  invalid({ ...minimal, onion: { exits: [{ host: 'files.example', path: '/' }] } })
  invalid({ ...minimal, address: 'example.org' })
  invalid({ ...minimal, httpsPort: 0 })
  invalid({ ...minimal, directory: { keyFile: 'x', invited: ['zz'] } })
  invalid({})
  invalid(minimal, { STARLING_NODE_HTPS_PORT: '1' })
  for (const text of ['', ' ', 'x', '0x10', '-1', '1e3', '70000']) invalid(minimal, { STARLING_NODE_HTTPS_PORT: text })
  invalid(minimal, { STARLING_NODE_MAX_STORAGE_BYTES: '' })
  expect(() => read({ ...minimal, htpsPort: 1 })).toThrow('unknown htpsPort')
})

test('metrics stay on this machine unless somebody says otherwise', () => {
  expect(read({ ...minimal, metrics: { port: 1 } }).config.metrics).toEqual({
    host: '127.0.0.1',
    port: 1,
    allowOthers: false,
  })
  expect(() => read({ ...minimal, metrics: { port: 1, host: '0.0.0.0' } })).toThrow(
    expect.objectContaining({ code: 'invalid', message: expect.stringContaining('allowOthers') }),
  )
  const open = { port: 1, host: '192.0.2.1', allowOthers: true }
  expect(read({ ...minimal, metrics: open }).config.metrics).toEqual(open)
})

test('a file that is no JSON object, or not there, is told apart', () => {
  for (const text of ['', '{', '[]', 'null']) {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'not_json' }))
  }
  expect(() => readConfig('/nowhere/node.json', {})).toThrow(ConfigError)
})

test('a key is made once, for its owner alone, and refused when others could have read it', () => {
  using place = folder()
  const path = join(place.path, 'deep', 'node.key')
  const ports = { crypto, random: seededRandom(1) }
  const made = readOrCreateKey(path, ports)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readOrCreateKey(path, ports).publicKey).toEqual(made.publicKey)
  chmodSync(path, 0o640)
  expect(() => readOrCreateKey(path, ports)).toThrow(expect.objectContaining({ code: 'unreadable' }))
  chmodSync(path, 0o600)
  writeFileSync(path, 'not a key')
  expect(() => readOrCreateKey(path, ports)).toThrow(expect.objectContaining({ code: 'unreadable' }))
})
