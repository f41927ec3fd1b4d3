import { test } from 'node:test'
import { type MessageHash, NAMESPACES, type NodeId, type RetrievedMessage, unixMillis, utf8 } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import { parseStoreKey } from '../store/key-vault.ts'
import { MemoryDisk, MemoryStore } from '../store/memory-store.ts'
import { SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import { Cursors } from './cursors.ts'

const NODE = 'a'.repeat(64) as NodeId
const OTHER = 'b'.repeat(64) as NodeId
const hash = (letter: string) => letter.repeat(43) as MessageHash
const NOW = unixMillis(1_767_225_600_000)

function item(letter: string, expiry = NOW + 1000): RetrievedMessage {
  return { hash: hash(letter), timestamp: NOW, expiry: unixMillis(expiry), data: new Uint8Array() }
}

async function opened() {
  const random = seededRandom(1)
  const key = parseStoreKey(random(32))
  const crypto = createNativeCrypto()
  const store = await SealedStore.open({ store: new MemoryStore(new MemoryDisk()), key, crypto, random })
  return { store, cursors: new Cursors(store) }
}

function advance(cursors: Cursors, items: readonly RetrievedMessage[], generation = cursors.generation) {
  return cursors.advance(NODE, { namespace: NAMESPACES.messages, items, generation })
}

test('each node and each namespace has a cursor of its own, after the last item', async () => {
  const { cursors } = await opened()
  expect(await advance(cursors, [item('x'), item('y')])).toBe(true)
  expect(await cursors.get(NODE, NAMESPACES.messages, NOW)).toBe(hash('y'))
  expect(await cursors.get(NODE, NAMESPACES.contacts, NOW)).toBeUndefined()
  expect(await cursors.get(OTHER, NAMESPACES.messages, NOW)).toBeUndefined()
})

test('a node that gives the same or nothing again does not get us further', async () => {
  const { cursors } = await opened()
  await advance(cursors, [item('x')])
  expect(await advance(cursors, [item('x', NOW + 5)])).toBe(false)
  expect(await advance(cursors, [])).toBe(false)
})

test('a cursor whose message has expired is forgotten', async () => {
  const { cursors } = await opened()
  await advance(cursors, [item('x')])
  expect(await cursors.get(NODE, NAMESPACES.messages, unixMillis(NOW + 1000))).toBeUndefined()
  expect(await cursors.get(NODE, NAMESPACES.messages, NOW)).toBeUndefined()
})

test('cursors of earlier versions are read on', async () => {
  const { store, cursors } = await opened()
  const name = { table: TABLES.cursors, partition: `${NODE} 0`, sort: new Uint8Array() }
  await store.write([{ kind: 'put', name, value: utf8(hash('z')) }])
  expect(await cursors.get(NODE, NAMESPACES.messages, NOW)).toBe(hash('z'))
  await store.write([{ kind: 'put', name, value: utf8('no hash') }])
  expect(await cursors.get(NODE, NAMESPACES.messages, NOW)).toBeUndefined()
})

test('what was asked before cursors were forgotten moves none', async () => {
  const { cursors } = await opened()
  await advance(cursors, [item('x')])
  const { generation } = cursors
  await cursors.forget([NODE], [NAMESPACES.messages])
  expect(await cursors.get(NODE, NAMESPACES.messages, NOW)).toBeUndefined()
  expect(await advance(cursors, [item('y')], generation)).toBe(false)
  expect(await cursors.get(NODE, NAMESPACES.messages, NOW)).toBeUndefined()
  expect(await advance(cursors, [item('y')])).toBe(true)
})
