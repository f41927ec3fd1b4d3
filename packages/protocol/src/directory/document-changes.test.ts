import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { days, hours, minutes, type UnixMillis, unixMillis } from '../brand.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { u64be } from '../codec/codec.ts'
import type { X25519PublicKey } from '../crypto/keys.ts'
import { nodeIdOf } from '../swarm/node-id.ts'
import { nobleCrypto } from '../testing.ts'
import { parseIpv4Address } from './descriptor.ts'
import { DirectoryError } from './directory-error.ts'
import { type DirectoryDocument, encodeDocument, signDocument } from './document.ts'
import { applyDocumentChanges, encodeDocumentChanges } from './document-changes.ts'
import type { NetworkFile } from './network-file.ts'
import { formDocument, type KnownNode } from './next-document.ts'
import { verifyDocument } from './verify-document.ts'

const crypto = nobleCrypto()
const start = unixMillis(1_800_000_000_000)
const key = crypto.ed25519KeyPair(new Uint8Array(32).fill(1))
const network: NetworkFile = {
  version: 1,
  name: 'test',
  directoryKeys: [key.publicKey],
  threshold: 1,
  bootstrap: ['http://127.0.0.1:4000'],
  parameters: {
    swarmSize: 3,
    hops: 3,
    epochLength: hours(1),
    documentLifetime: days(1),
    dropAfter: hours(2),
    publicTtlLimit: days(14),
    privateTtlLimit: days(30),
  },
}

type Node = { readonly id: number; readonly version: number; readonly age: number }
const nodes = fc.uniqueArray(fc.record({ id: fc.nat(40), version: fc.nat(1), age: fc.nat(5_000_000_000) }), {
  selector: ({ id }) => id,
  maxLength: 40,
})

function documentOf(list: readonly Node[], previous: DirectoryDocument | undefined, epochs: number): DirectoryDocument {
  const now = unixMillis(start + epochs * hours(1))
  const known = list.map(({ id, version, age }): KnownNode => {
    const bytes = new Uint8Array(32).fill(id + 2)
    const descriptor = {
      version: 1,
      nodeId: nodeIdOf(crypto.ed25519KeyPair(bytes).publicKey),
      encryptionKey: bytes as X25519PublicKey,
      address: parseIpv4Address(`10.0.${id}.1`),
      httpsPort: 443,
      peerPort: 444,
      certificateHash: bytes,
      webUrl: 'https://node.example',
      operator: `operator ${id}`,
      softwareVersion: `0.${version}`,
      capabilities: 0,
      timestamp: (now + minutes(10) - age) as UnixMillis,
    } as const
    return { descriptor, reachedAt: now }
  })
  const document = formDocument(crypto, { previous, network, known, now })
  return signDocument(crypto, document, { keyIndex: 0, secretKey: key.secretKey })
}

test('what has changed makes the later document of the earlier one, byte for byte', () => {
  const property = fc.property(nodes, nodes, fc.integer({ min: 1, max: 3 }), (one, other, epochs) => {
    const before = documentOf(one, undefined, 0)
    const after = documentOf(other, before, epochs)
    const made = applyDocumentChanges(before, encodeDocumentChanges(before, after))
    expect(made).toEqual(encodeDocument(after))
    expect(verifyDocument(crypto, network, made).epoch).toBe(after.epoch)
  })
  fc.assert(property, { numRuns: 40 })
})

test('where only times have changed, the changes are six bytes for each node', () => {
  const list = Array.from({ length: 40 }, (_, id) => ({ id, version: 0, age: 700_000 }))
  const before = documentOf(list, undefined, 0)
  const after = documentOf(list, before, 1)
  const extra = encodeDocumentChanges(before, after).length - 40 * 6
  expect(extra).toBeLessThan(150)
  expect(encodeDocument(after).length).toBeGreaterThan(40 * 150)
})

test('changes of another document, cut, flipped or lengthened ones never make a verified document that differs', () => {
  const list = Array.from({ length: 20 }, (_, id) => ({ id, version: 0, age: 700_000 }))
  const before = documentOf(list, undefined, 0)
  const after = documentOf(list.slice(1), before, 1)
  const changes = encodeDocumentChanges(before, after)
  const attempt = (from: DirectoryDocument, bytes: Uint8Array) => {
    try {
      return verifyDocument(crypto, network, applyDocumentChanges(from, bytes))
    } catch (error) {
      if (error instanceof DirectoryError) return error.code
      throw error
    }
  }
  expect(attempt(documentOf(list.slice(5), undefined, 0), changes)).toMatch(/malformed|threshold/)
  expect(attempt(before, concatBytes(changes, Uint8Array.of(0)))).toBe('malformed')
  const property = fc.property(fc.nat(changes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
    expect(attempt(before, changes.slice(0, at))).toBe('malformed')
    const flipped = Uint8Array.from(changes)
    flipped[at]! ^= flip
    expect(attempt(before, flipped)).toMatch(/malformed|threshold/)
  })
  fc.assert(property, { numRuns: 60 })
})

test('an epoch out of bounds is malformed, not a fault of ours', () => {
  const before = documentOf([], undefined, 0)
  const changes = encodeDocumentChanges(before, documentOf([], before, 1))
  changes.set(u64be.encode(2n ** 60n), 1)
  expect(() => applyDocumentChanges(before, changes)).toThrow(DirectoryError)
})
