import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { days, hours, minutes } from '../brand.ts'
import { toHex } from '../bytes/hex.ts'
import type { Ed25519PublicKey, X25519PublicKey } from '../crypto/keys.ts'
import { nobleCrypto } from '../testing.ts'
import {
  decodeNetworkFile,
  encodeNetworkFile,
  formatNetworkFile,
  formatNetworkLink,
  type NetworkFile,
  networkId,
  parseNetworkFile,
  parseNetworkLink,
} from './network-file.ts'

const networkFileError = expect.objectContaining({ code: 'network_file' })
const key = (byte: number) => new Uint8Array(32).fill(byte) as Ed25519PublicKey
const file: NetworkFile = {
  version: 1,
  name: 'Example network',
  directoryKeys: [key(1), key(2)],
  threshold: 2,
  bootstrap: ['http://127.0.0.1:4000', 'https://node.example/a', 'http://[::1]:4001'],
  parameters: {
    swarmSize: 3,
    hops: 3,
    epochLength: minutes(1),
    documentLifetime: hours(1),
    dropAfter: minutes(5),
    publicTtlLimit: days(14),
    privateTtlLimit: days(30),
  },
}

/** The JSON value with one place changed. */
function changed(path: string, value: unknown): string {
  const json = JSON.parse(formatNetworkFile(file)) as Record<string, unknown>
  const [outer, inner] = path.split('.') as [string, string | undefined]
  if (inner === undefined) json[outer] = value
  else (json[outer] as Record<string, unknown>)[inner] = value
  return JSON.stringify(json)
}

test('a network file survives JSON, its binary form and its link', () => {
  expect(parseNetworkFile(formatNetworkFile(file))).toEqual(file)
  expect(decodeNetworkFile(encodeNetworkFile(file))).toEqual(file)
  expect(parseNetworkLink(formatNetworkLink(file))).toEqual(file)
  expect(formatNetworkLink(file)).toMatch(/^starling-network:[A-Za-z0-9_-]+$/)
})

test('keys that are unknown or absent, and values out of bounds are refused', () => {
  const hexKey = toHex(key(1))
  const wrong: [string, unknown][] = [
    ['extra', 1],
    ['version', 2],
    ['name', ''],
    ['name', ' padded '],
    ['name', 'x'.repeat(65)],
    ['name', 'a\nb'],
    ['directoryKeys', []],
    ['directoryKeys', [hexKey, hexKey]],
    ['directoryKeys', [hexKey, 'AB'.repeat(32)]],
    ['threshold', 0],
    ['threshold', 3],
    ['threshold', 1.5],
    ['bootstrap', []],
    ['bootstrap', ['http://127.0.0.1:4000', 'http://127.0.0.1:4000']],
    ['parameters', undefined],
    ['parameters.extra', 1],
    ['parameters.swarmSize', 0],
    ['parameters.hops', 2],
    ['parameters.epochLength', 999],
    ['parameters.documentLifetime', 59_999],
    ['parameters.dropAfter', -1],
    ['parameters.publicTtlLimit', '14 days'],
  ]
  for (const [path, value] of wrong) {
    expect(() => parseNetworkFile(changed(path, value))).toThrow(networkFileError)
  }
  expect(() => parseNetworkFile('{')).toThrow(networkFileError)
})

test('a list of exits goes along in every form, and a file without one stays what it was', () => {
  const exits = [
    { host: 'files.example', port: 443, protocol: 'https' },
    { host: '198.51.100.7', port: 80, protocol: 'http' },
  ] as const
  const withExits: NetworkFile = { ...file, exits }
  expect(parseNetworkFile(formatNetworkFile(withExits))).toEqual(withExits)
  expect(parseNetworkLink(formatNetworkLink(withExits))).toEqual(withExits)
  const encoded = encodeNetworkFile(withExits)
  const plain = encodeNetworkFile(file)
  expect(encoded.subarray(0, plain.length)).toEqual(plain)
  expect(toHex(encoded.subarray(plain.length, plain.length + 18))).toBe('020d66696c65732e6578616d706c6501bb00')
  // An empty list has no form but none at all.
  expect(() => decodeNetworkFile(Uint8Array.from([...plain, 0]))).toThrow(networkFileError)
  const unknownProtocol = encoded.slice()
  unknownProtocol[encoded.length - 1] = 2
  expect(() => decodeNetworkFile(unknownProtocol)).toThrow(networkFileError)
  for (const wrong of [
    [],
    [exits[0], exits[0]],
    Array.from({ length: 17 }, (_, port) => ({ ...exits[0], port: port + 1 })),
    [{ ...exits[0], host: 'Files.example' }],
    [{ ...exits[0], host: 'files.example.' }],
    [{ ...exits[0], host: '*.example' }],
    [{ ...exits[0], host: '[2001:db8::1]' }],
    [{ ...exits[0], port: 0 }],
    [{ ...exits[0], protocol: 'ftp' }],
    [{ ...exits[0], path: '/' }],
  ]) {
    expect(() => parseNetworkFile(changed('exits', wrong))).toThrow(networkFileError)
  }
})

test('preview servers go along in every form, with their keys, and each of them is an exit', () => {
  const exit = { host: 'previews.example', port: 443, protocol: 'https' } as const
  const server = { ...exit, key: key(7) as Uint8Array as X25519PublicKey }
  const whole: NetworkFile = { ...file, exits: [exit], previews: [server] }
  expect(parseNetworkFile(formatNetworkFile(whole))).toEqual(whole)
  expect(parseNetworkLink(formatNetworkLink(whole))).toEqual(whole)
  const before = encodeNetworkFile({ ...file, exits: [exit] })
  expect(encodeNetworkFile(whole).subarray(0, before.length)).toEqual(before)
  expect(() => decodeNetworkFile(Uint8Array.from([...before, 0]))).toThrow(networkFileError)
  const json = { ...exit, key: toHex(server.key) }
  const exits = [exit, { ...exit, port: 80 }]
  expect(parseNetworkFile(formatNetworkFile({ ...file, exits, previews: [server] })).previews).toEqual([server])
  for (const wrong of [
    [],
    [json, json],
    [{ ...json, port: 8443 }],
    [{ ...json, key: 'AB'.repeat(32) }],
    [exit],
    [{ ...json, path: '/' }],
  ]) {
    const value = { ...(JSON.parse(formatNetworkFile({ ...file, exits })) as object), previews: wrong }
    expect(() => parseNetworkFile(JSON.stringify(value))).toThrow(networkFileError)
  }
  expect(() => parseNetworkFile(changed('previews', [json]))).toThrow(networkFileError)
})

test('only plain base URLs are accepted for bootstrap', () => {
  const wrong = [
    'ftp://a',
    'http://',
    'http://a/',
    'http://a?b',
    'http://a#b',
    'http://u:p@a',
    'http://A',
    'javascript:0',
  ]
  for (const url of [
    ...wrong,
    'http://a:0',
    'http://a:65536',
    `http://${'a'.repeat(200)}`,
    'http://a b',
    ' http://a',
  ]) {
    expect(() => parseNetworkFile(changed('bootstrap', [url]))).toThrow(networkFileError)
  }
})

test('two files that differ in a parameter are two networks', () => {
  const crypto = nobleCrypto()
  const other = { ...file, parameters: { ...file.parameters, swarmSize: 4 } }
  expect(networkId(crypto, file).length).toBe(32)
  expect(networkId(crypto, other)).not.toEqual(networkId(crypto, file))
  expect(networkId(crypto, parseNetworkFile(formatNetworkFile(file)))).toEqual(networkId(crypto, file))
})

test('a changed or cut link is the typed error or another file, never another error', () => {
  const link = formatNetworkLink(file)
  const property = fc.property(fc.nat(link.length), fc.constantFrom('A', '_', '-', '=', '', ' '), (at, text) => {
    try {
      expect(parseNetworkLink(link.slice(0, at) + text + link.slice(at + 1))).toBeDefined()
    } catch (error) {
      expect(error).toEqual(networkFileError)
    }
  })
  fc.assert(property, { numRuns: 300 })
  expect(() => parseNetworkLink(`${link}=`)).toThrow(networkFileError)
  expect(() => parseNetworkLink(link.slice(9))).toThrow(networkFileError)
})
