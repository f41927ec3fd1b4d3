import { test } from 'node:test'
import { DirectoryView, decodeDocument, encodeDocument, type NodeId, unixMillis } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import { agreeOnNodes, documentOfList, type NodeList, parseNodeList } from './node-list.ts'

const hex = (byte: number, length = 64) =>
  byte
    .toString(16)
    .padStart(2, '0')
    .repeat(length / 2)

function state(i: number, change: Record<string, unknown> = {}) {
  return {
    pubkey_ed25519: hex(i),
    pubkey_x25519: hex(i + 1),
    public_ip: `10.0.${i}.1`,
    storage_port: 22021,
    storage_lmq_port: 22020,
    swarm: (i % 3).toString(16),
    ...change,
  }
}

const listOf = (states: readonly unknown[], height = 7): NodeList =>
  parseNodeList({ height, service_node_states: states })
const idsOf = ({ nodes }: NodeList) => [...nodes.keys()]
const idOf = (i: number) => hex(i) as NodeId

test('a list is read entry by entry, and what is incomplete is left out', () => {
  const wrong = [
    state(2, { public_ip: '0.0.0.0' }),
    state(3, { swarm: 'ffffffffffffffff' }),
    state(4, { storage_port: 0 }),
    state(5, { pubkey_x25519: 'zz' }),
    state(6, { public_ip: '::1' }),
    state(7, { swarm: 12 }),
    'nothing',
    null,
  ]
  expect(idsOf(listOf([state(1), ...wrong, state(8, { swarm: '00ff' })]))).toEqual([idOf(1), idOf(8)])
  for (const value of [null, [], {}, { height: 1 }, { height: 'x', service_node_states: [] }])
    expect(() => parseNodeList(value)).toThrow(expect.objectContaining({ code: 'rpc_result' }))
  const many = { height: 1, service_node_states: Array(10_001).fill({}) }
  expect(() => parseNodeList(many)).toThrow(expect.objectContaining({ code: 'rpc_result' }))
})

test('anything at all is a list or a typed error', () => {
  const entry = fc.oneof(fc.jsonValue(), fc.record({ pubkey_ed25519: fc.constant(hex(1)), swarm: fc.string() }))
  const property = fc.property(fc.array(entry), (states) => {
    expect(listOf(states).nodes.size).toBeLessThanOrEqual(states.length)
  })
  fc.assert(property)
})

test('fewer liars than are needed neither bring in a node nor change one', () => {
  const honest = Array.from({ length: 20 }, (_, i) => state(i + 1))
  const lies = fc.array(
    fc.record({
      i: fc.integer({ min: 1, max: 40 }),
      port: fc.constantFrom(22021, 666),
      key: fc.constantFrom(0, 1),
      swarm: fc.constantFrom('0', 'bad'),
    }),
    { maxLength: 40 },
  )
  const property = fc.property(lies, (claims) => {
    const lie = claims.map(({ i, port, key, swarm }) =>
      state(i, { storage_port: port, swarm, pubkey_x25519: hex(i + 1 + key) }),
    )
    const known = listOf(honest).nodes
    const agreed = agreeOnNodes([listOf(lie), listOf(honest), listOf(honest)], { known, needed: 2, neededForNew: 3 })
    expect(agreed.nodes).toEqual(known)
    const fromSeeds = agreeOnNodes([listOf(honest), listOf(lie), listOf(honest)], { needed: 2, neededForNew: 2 })
    expect(fromSeeds.nodes).toEqual(known)
  })
  fc.assert(property)
})

test('a new node needs all who are asked, a known one two of three; the swarm is what most say', () => {
  const known = listOf([state(1), state(2)]).nodes
  const moved = state(1, { swarm: 'a' })
  const lists = [listOf([moved, state(2), state(3)]), listOf([moved, state(3)]), listOf([state(1), state(2)])]
  const agreed = agreeOnNodes(lists, { known, needed: 2, neededForNew: 3 })
  expect(idsOf(agreed)).toEqual([idOf(1), idOf(2)])
  expect(agreed.nodes.get(idOf(1))?.swarmId).toBe(10n)
  expect(agreeOnNodes(lists.slice(0, 2), { known, needed: 2, neededForNew: 2 }).nodes.has(idOf(3))).toBe(true)
})

test('the height is the middle one', () => {
  const heights = [3, 900, 4].map((height) => listOf([state(1)], height))
  expect(agreeOnNodes(heights, { needed: 2, neededForNew: 2 }).height).toBe(4)
})

test('as a document it can be kept and asked for swarms', () => {
  const document = documentOfList(listOf([state(5), state(1), state(3)]), unixMillis(1_767_225_600_000))
  expect(decodeDocument(encodeDocument(document))).toEqual(document)
  expect(new DirectoryView(document).swarmIds).toEqual([0n, 1n, 2n])
})
