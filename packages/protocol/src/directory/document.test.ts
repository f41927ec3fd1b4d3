import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { days, hours, minutes, type UnixMillis, unixMillis } from '../brand.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { CodecError } from '../codec/codec.ts'
import type { X25519PublicKey } from '../crypto/keys.ts'
import { chooseSwarm } from '../swarm/choose-swarm.ts'
import { nodeIdOf, parseNodeId } from '../swarm/node-id.ts'
import { swarmPosition } from '../swarm/position.ts'
import { swarmId } from '../swarm/swarm-id.ts'
import { nobleCrypto } from '../testing.ts'
import { type Descriptor, LEAVING, parseIpv4Address } from './descriptor.ts'
import { DirectoryView } from './directory-view.ts'
import {
  type DirectoryDocument,
  decodeDocument,
  documentHash,
  type Epoch,
  encodeDocument,
  encodeUnsigned,
  signDocument,
} from './document.ts'
import type { NetworkFile } from './network-file.ts'
import { networkId } from './network-file.ts'
import { formDocument } from './next-document.ts'
import { acceptDocument, documentFreshness, verifyDocument } from './verify-document.ts'

const crypto = nobleCrypto()
const now = unixMillis(1_800_000_000_000)
const seedOf = (byte: number) => new Uint8Array(32).fill(byte)
const directoryKeys = [1, 2, 3].map((byte) => crypto.ed25519KeyPair(seedOf(byte)))
const network: NetworkFile = {
  version: 1,
  name: 'test',
  directoryKeys: directoryKeys.map((pair) => pair.publicKey),
  threshold: 2,
  bootstrap: ['http://127.0.0.1:4000'],
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

const descriptors: readonly Descriptor[] = Array.from({ length: 12 }, (_, index) => ({
  version: 1,
  nodeId: nodeIdOf(crypto.ed25519KeyPair(seedOf(100 + index)).publicKey),
  encryptionKey: seedOf(index) as X25519PublicKey,
  address: parseIpv4Address('127.0.0.1'),
  httpsPort: 4000 + index,
  peerPort: 5000 + index,
  certificateHash: seedOf(index),
  webUrl: '',
  operator: `operator ${index}`,
  softwareVersion: '0.1.0',
  capabilities: 0,
  timestamp: now,
}))

function form(previous: DirectoryDocument | undefined, at: UnixMillis = now, nodes = descriptors): DirectoryDocument {
  const known = nodes.map((descriptor) => ({ descriptor, reachedAt: at }))
  return formDocument(crypto, { previous, network, known, now: at })
}

function sign(document: DirectoryDocument, ...keyIndexes: number[]): DirectoryDocument {
  return keyIndexes.reduce(
    (signed, keyIndex) => signDocument(crypto, signed, { keyIndex, secretKey: directoryKeys[keyIndex % 3]!.secretKey }),
    document,
  )
}

const first = sign(form(undefined), 0, 2)
const codeOf = (code: string) => expect.objectContaining({ code })
const verify = (document: DirectoryDocument) => verifyDocument(crypto, network, encodeDocument(document))

test('a document with enough signatures is verified, whoever delivered it', () => {
  expect(verify(first)).toEqual(first)
  expect(decodeDocument(encodeDocument(first))).toEqual(first)
})

test('too few signatures are refused, also when one key signed twice', () => {
  const once = sign(form(undefined), 1)
  expect(() => verify(once)).toThrow(codeOf('threshold'))
  const twice = { ...once, signatures: [once.signatures[0]!, once.signatures[0]!] }
  expect(() => verify(twice)).toThrow(codeOf('threshold'))
})

test('signatures of unknown keys, wrong places and wrong content do not count and are left out', () => {
  const unknown = sign(first, 3, 200)
  expect(verify(unknown)).toEqual(first)
  const swapped = first.signatures.map((signature) => ({ ...signature, keyIndex: 2 - signature.keyIndex }))
  expect(() => verify({ ...first, signatures: swapped })).toThrow(codeOf('threshold'))
  expect(() => verify({ ...first, validUntil: unixMillis(first.validUntil + 1) })).toThrow(codeOf('threshold'))
})

test('signatures without the label of documents do not count', () => {
  const document = form(undefined)
  const signatures = [0, 1].map((keyIndex) => {
    const signature = crypto.ed25519Sign(directoryKeys[keyIndex]!.secretKey, encodeUnsigned(document))
    return { keyIndex, signature }
  })
  expect(() => verify({ ...document, signatures })).toThrow(codeOf('threshold'))
})

test('a document of another network is refused', () => {
  const other = { ...network, name: 'other' }
  expect(() => verifyDocument(crypto, other, encodeDocument(first))).toThrow(codeOf('wrong_network'))
})

test('entries out of order or double are neither encoded nor decoded', () => {
  const [a, b] = first.entries as [DirectoryDocument['entries'][number], DirectoryDocument['entries'][number]]
  for (const entries of [
    [b, a],
    [a, a],
  ]) {
    expect(() => encodeDocument({ ...first, entries })).toThrow(codeOf('not_canonical'))
  }
  const encoded = encodeDocument({ ...first, entries: [a, b], signatures: [] })
  const header = 91
  const middle = encodeDocument({ ...first, entries: [a], signatures: [] }).length - 1
  const pieces = [[0, header], [middle, -1], [header, middle], [-1]] as const
  const swapped = concatBytes(...pieces.map(([from, to]) => encoded.slice(from, to)))
  expect(() => decodeDocument(swapped)).toThrow(codeOf('not_canonical'))
})

test('a document of ten thousand nodes has an encoding, and one more node has none', () => {
  const entries = Array.from({ length: 10_001 }, (_, index) => {
    const nodeId = parseNodeId(index.toString(16).padStart(64, '0'))
    return { descriptor: { ...descriptors[0]!, nodeId }, swarmId: swarmId(BigInt(index)) }
  })
  const largest = { ...first, entries: entries.slice(0, 10_000) }
  expect(decodeDocument(encodeDocument(largest)).entries.length).toBe(10_000)
  expect(() => encodeDocument({ ...first, entries })).toThrow(codeOf('out_of_bounds'))
})

test('no changed byte, truncation or trailing byte is accepted', () => {
  const encoded = encodeDocument(first)
  const property = fc.property(fc.nat(encoded.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
    const tampered = encoded.map((byte, index) => (index === at ? byte ^ change : byte))
    const refused = expect.objectContaining({ name: 'DirectoryError' })
    expect(() => verifyDocument(crypto, network, tampered)).toThrow(refused)
    expect(() => verifyDocument(crypto, network, encoded.slice(0, at))).toThrow(codeOf('malformed'))
  })
  fc.assert(property, { numRuns: 50 })
  expect(() => decodeDocument(concatBytes(encoded, Uint8Array.of(0)))).toThrow(CodecError)
})

test('the hash covers everything but the signatures', () => {
  expect(documentHash(crypto, first)).toEqual(documentHash(crypto, sign(first, 1)))
  expect(documentHash(crypto, { ...first, epoch: 2 as Epoch })).not.toEqual(documentHash(crypto, first))
})

test('who saw an epoch goes forward only', () => {
  const second = sign(form(first, unixMillis(now + 60_000)), 0, 1)
  expect(acceptDocument(undefined, first, now)).toEqual({ kind: 'accepted', freshness: 'current' })
  expect(acceptDocument(first, second, second.validAfter)).toEqual({ kind: 'accepted', freshness: 'current' })
  expect(acceptDocument(second, first, now)).toEqual({ kind: 'refused', reason: 'rollback' })
  expect(acceptDocument(second, first, unixMillis(now + days(9)))).toEqual({ kind: 'refused', reason: 'rollback' })
  expect(acceptDocument(first, sign(first, 1), now)).toEqual({ kind: 'known', freshness: 'current' })
  const fork = { ...first, validUntil: unixMillis(first.validUntil + 1) }
  expect(acceptDocument(first, fork, now)).toEqual({ kind: 'refused', reason: 'conflict' })
})

test('a stale document is accepted as such, and one of the far future is not', () => {
  expect(documentFreshness(first, unixMillis(first.validUntil - 1))).toBe('current')
  expect(documentFreshness(first, first.validUntil)).toBe('stale')
  expect(acceptDocument(undefined, first, first.validUntil)).toEqual({ kind: 'accepted', freshness: 'stale' })
  const early = unixMillis(now - minutes(10))
  expect(acceptDocument(undefined, first, early).kind).toBe('accepted')
  expect(acceptDocument(undefined, first, unixMillis(early - 1))).toEqual({ kind: 'refused', reason: 'not_yet_valid' })
})

test('the first document begins at epoch 1 from the network ID, and each next one names the one before', () => {
  expect(first.epoch).toBe(1)
  expect(first.previousHash).toEqual(networkId(crypto, network))
  expect(first.validUntil).toBe(now + hours(1))
  const second = form(first)
  expect(second.epoch).toBe(2)
  expect(second.previousHash).toEqual(documentHash(crypto, first))
  expect(second.entries).toEqual(first.entries)
})

test('the next document is the same in whatever order nodes are known', () => {
  expect(form(undefined, now, [...descriptors].reverse())).toEqual(form(undefined))
})

test('a node stays while it is out of reach for less than the limit, and the newest descriptor counts', () => {
  const known = descriptors.map((descriptor, index) => ({
    descriptor,
    reachedAt: unixMillis(now - (index === 0 ? minutes(5) + 1 : minutes(5))),
  }))
  const moved = { ...descriptors[1]!, httpsPort: 9999, timestamp: unixMillis(now + 1) }
  known.unshift({ descriptor: moved, reachedAt: unixMillis(0) })
  const view = new DirectoryView(formDocument(crypto, { previous: first, network, known, now }))
  expect(view.nodes.size).toBe(11)
  expect(view.nodes.has(descriptors[0]!.nodeId)).toBe(false)
  expect(view.nodes.get(moved.nodeId)?.descriptor.httpsPort).toBe(9999)
})

test('a node whose newest descriptor says that it leaves is not in the next document', () => {
  const leaver = descriptors[3]!
  const known = descriptors.map((descriptor) => ({ descriptor, reachedAt: now }))
  const said = (timestamp: number, capabilities: number) => ({
    descriptor: { ...leaver, capabilities, timestamp: unixMillis(leaver.timestamp + timestamp) },
    reachedAt: now,
  })
  const leaving = formDocument(crypto, { previous: first, network, known: [...known, said(1, LEAVING)], now })
  expect(leaving.entries.map(({ descriptor }) => descriptor.nodeId)).toEqual(
    first.entries.map(({ descriptor }) => descriptor.nodeId).filter((nodeId) => nodeId !== leaver.nodeId),
  )
  const stays = [...known, said(1, LEAVING), said(2, 2)]
  expect(formDocument(crypto, { previous: leaving, network, known: stays, now }).entries).toHaveLength(12)
})

test('a view finds the swarm of an owner and its members', () => {
  const view = new DirectoryView(first)
  expect(view.swarmIds.length).toBe(4)
  const property = fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (ownerKey) => {
    const swarm = view.swarmOf(ownerKey)!
    expect(swarm.id).toBe(chooseSwarm(view.swarmIds, swarmPosition(ownerKey)))
    expect(view.swarm(swarm.id)).toBe(swarm)
    expect(swarm.members.length).toBe(3)
    for (const { nodeId } of descriptors) {
      const isListed = swarm.members.some((member) => member.descriptor.nodeId === nodeId)
      expect(view.isMember(nodeId, ownerKey)).toBe(isListed)
    }
  })
  fc.assert(property)
})

test('a view of a directory without nodes has no swarm for anybody', () => {
  const view = new DirectoryView(form(undefined, now, []))
  expect(view.swarmOf(seedOf(1))).toBe(undefined)
  expect(view.isMember(descriptors[0]!.nodeId, seedOf(1))).toBe(false)
})
