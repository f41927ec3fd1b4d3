import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { days, unixMillis } from '../brand.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import { CodecError } from '../codec/codec.ts'
import type { X25519PublicKey } from '../crypto/keys.ts'
import { nodeIdOf } from '../swarm/node-id.ts'
import { nobleCrypto } from '../testing.ts'
import {
  type Descriptor,
  descriptorCodec,
  descriptorTimeliness,
  isNewerDescriptor,
  openDescriptor,
  parseIpv4Address,
  signDescriptor,
  subnetOf,
} from './descriptor.ts'

const crypto = nobleCrypto()
const keys = crypto.ed25519KeyPair(new Uint8Array(32).fill(1))
const strangerKeys = crypto.ed25519KeyPair(new Uint8Array(32).fill(2))
const now = unixMillis(1_800_000_000_000)
const malformed = expect.objectContaining({ code: 'descriptor' })
const badSignature = expect.objectContaining({ code: 'bad_signature' })
const descriptor: Descriptor = {
  version: 1,
  nodeId: nodeIdOf(keys.publicKey),
  encryptionKey: new Uint8Array(32).fill(9) as X25519PublicKey,
  address: parseIpv4Address('192.0.2.10'),
  httpsPort: 22021,
  peerPort: 22020,
  certificateHash: new Uint8Array(32).fill(5),
  webUrl: 'https://node.example',
  operator: 'example operator',
  softwareVersion: '0.1.0',
  capabilities: 3,
  timestamp: now,
}
const signed = signDescriptor(crypto, { descriptor, secretKey: keys.secretKey })

test('a signed descriptor opens to what was signed', () => {
  expect(openDescriptor(crypto, signed)).toEqual(descriptor)
  const bare = { ...descriptor, webUrl: '', operator: '', softwareVersion: '' }
  expect(descriptorCodec.encode(bare).length).toBe(120)
  expect(openDescriptor(crypto, signDescriptor(crypto, { descriptor: bare, secretKey: keys.secretKey }))).toEqual(bare)
})

test('a descriptor signed by another key is refused', () => {
  const forged = signDescriptor(crypto, { descriptor, secretKey: strangerKeys.secretKey })
  expect(() => openDescriptor(crypto, forged)).toThrow(badSignature)
})

test('a signature without the label of descriptors is refused', () => {
  const body = descriptorCodec.encode(descriptor)
  const unlabelled = concatBytes(body, crypto.ed25519Sign(keys.secretKey, body))
  expect(() => openDescriptor(crypto, unlabelled)).toThrow(badSignature)
  const foreign = crypto.ed25519Sign(keys.secretKey, concatBytes(utf8('starling/other/v1'), body))
  expect(() => openDescriptor(crypto, concatBytes(body, foreign))).toThrow(badSignature)
})

test('no changed byte and no truncation opens', () => {
  const refused = expect.objectContaining({ code: expect.stringMatching(/^(descriptor|bad_signature)$/) })
  const property = fc.property(fc.nat(signed.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
    const tampered = signed.map((byte, index) => (index === at ? byte ^ change : byte))
    expect(() => openDescriptor(crypto, tampered)).toThrow(refused)
    expect(() => openDescriptor(crypto, signed.slice(0, at))).toThrow(malformed)
    expect(() => openDescriptor(crypto, concatBytes(signed, Uint8Array.of(change)))).toThrow(malformed)
  })
  fc.assert(property, { numRuns: 60 })
})

test('fields out of bounds have no encoding', () => {
  const wrong: Partial<Descriptor>[] = [
    { httpsPort: 0 },
    { peerPort: 65_536 },
    { webUrl: 'javascript:alert(1)' },
    { webUrl: 'ftp://node.example' },
    { operator: 'x'.repeat(33) },
    { operator: 'tab\there' },
    { softwareVersion: 'x'.repeat(17) },
    { certificateHash: new Uint8Array(31) },
    { capabilities: -1 },
  ]
  for (const fields of wrong) expect(() => descriptorCodec.encode({ ...descriptor, ...fields })).toThrow(CodecError)
})

test('addresses are four plain numbers up to 255', () => {
  for (const address of ['0.0.0.0', '255.255.255.255', '10.0.0.1']) expect(parseIpv4Address(address)).toBe(address)
  for (const address of ['', '1.2.3', '1.2.3.4.', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.4 ', '::1', '1..2.3']) {
    expect(() => parseIpv4Address(address)).toThrow(malformed)
  }
})

test('the later of two descriptors of one node replaces the other', () => {
  const later = { ...descriptor, timestamp: unixMillis(now + 1) }
  const ofOther = { ...later, nodeId: nodeIdOf(strangerKeys.publicKey) }
  expect(isNewerDescriptor(later, descriptor)).toBe(true)
  expect(isNewerDescriptor(descriptor, descriptor)).toBe(false)
  expect(isNewerDescriptor(descriptor, later)).toBe(false)
  expect(isNewerDescriptor(ofOther, descriptor)).toBe(false)
})

test('a descriptor counts for two days, and ten minutes ahead of its time', () => {
  expect(descriptorTimeliness(descriptor, now)).toBe('timely')
  expect(descriptorTimeliness(descriptor, unixMillis(now - 600_000))).toBe('timely')
  expect(descriptorTimeliness(descriptor, unixMillis(now - 600_001))).toBe('from_the_future')
  expect(descriptorTimeliness(descriptor, unixMillis(now + days(2)))).toBe('timely')
  expect(descriptorTimeliness(descriptor, unixMillis(now + days(2) + 1))).toBe('too_old')
})

test('the subnet of an address is its /24, and loopback has none', () => {
  expect(subnetOf(descriptor.address)).toBe('192.0.2')
  expect(subnetOf(parseIpv4Address('127.0.0.1'))).toBe('')
})
