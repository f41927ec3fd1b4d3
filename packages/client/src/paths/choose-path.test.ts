import { test } from 'node:test'
import {
  buildDocument,
  type Descriptor,
  DirectoryView,
  type DocumentHash,
  type Epoch,
  type NetworkId,
  type NodeEntry,
  type NodeId,
  parseIpv4Address,
  parseNodeId,
  subnetOf,
  swarmId,
  unixMillis,
  type X25519PublicKey,
} from '@starling/protocol'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { chooseGuard, choosePath } from './choose-path.ts'

type Shape = {
  readonly nodes: number
  readonly operators: number
  readonly subnets: number
  readonly swarms: number
  readonly seed: number
}

const shapes = fc.record({
  nodes: fc.integer({ min: 9, max: 300 }),
  operators: fc.integer({ min: 1, max: 60 }),
  subnets: fc.integer({ min: 1, max: 60 }),
  swarms: fc.integer({ min: 1, max: 40 }),
  seed: fc.nat(),
})

function networkOf({ nodes, operators, subnets, swarms }: Shape): DirectoryView {
  const entries = Array.from(
    { length: nodes },
    (_, i): NodeEntry => ({
      swarmId: swarmId(BigInt(i % swarms)),
      descriptor: descriptorOf(i, `operator ${i % operators}`, `10.${i % subnets}.0.${1 + (i % 250)}`),
    }),
  )
  const empty = new Uint8Array(32)
  return new DirectoryView(
    buildDocument({
      networkId: empty as NetworkId,
      epoch: 1 as Epoch,
      previousHash: empty as DocumentHash,
      validAfter: unixMillis(0),
      validUntil: unixMillis(1),
      entries,
    }),
  )
}

function descriptorOf(i: number, operator: string, address: string): Descriptor {
  return {
    version: 1,
    nodeId: parseNodeId(i.toString(16).padStart(64, '0')),
    encryptionKey: new Uint8Array(32) as X25519PublicKey,
    address: parseIpv4Address(address),
    httpsPort: 1,
    peerPort: 1,
    certificateHash: new Uint8Array(32),
    webUrl: '',
    operator,
    softwareVersion: '',
    capabilities: 0,
    timestamp: unixMillis(0),
  }
}

const idOf = ({ descriptor }: NodeEntry): NodeId => descriptor.nodeId

function chosen(shape: Shape, isSuspect: (node: NodeId) => boolean = () => false) {
  const view = networkOf(shape)
  const entries = [...view.nodes.values()]
  const guard = entries[shape.seed % entries.length]!
  const destination = entries[(shape.seed + 1 + (shape.seed % (entries.length - 1))) % entries.length]!
  const path = choosePath({ view, guard, destination, isSuspect, random: seededRandom(shape.seed) })
  return { view, entries, guard, destination, path }
}

function areApart(a: NodeEntry, b: NodeEntry): boolean {
  const { operator, address } = a.descriptor
  return operator !== b.descriptor.operator && subnetOf(address) !== subnetOf(b.descriptor.address)
}

test('in every network there is a path, of nodes that are all different', () => {
  const property = fc.property(shapes, (shape) => {
    const { guard, destination, path } = chosen(shape)
    if (guard === destination) return expect(path).toBeUndefined()
    expect(new Set([...path!, destination].map(idOf)).size).toBe(4)
    expect(path![0]).toBe(guard)
  })
  fc.assert(property)
})

test('no hop shares operator, network or the swarm of the destination with another, if any path can have that', () => {
  const property = fc.property(shapes, (shape) => {
    const { entries, guard, destination, path } = chosen({ ...shape, nodes: 9 + (shape.nodes % 30) })
    if (path === undefined) return
    const isFree = (relay: NodeEntry, lastHop: NodeEntry) =>
      areApart(relay, lastHop) &&
      [relay, lastHop].every(
        (hop) => areApart(hop, guard) && areApart(hop, destination) && hop.swarmId !== destination.swarmId,
      )
    if (!entries.some((relay) => entries.some((lastHop) => isFree(relay, lastHop)))) return
    expect(isFree(path[1], path[2])).toBe(true)
  })
  fc.assert(property)
})

test('nodes that failed lately are hops only where nothing else is left', () => {
  const property = fc.property(shapes, fc.integer({ min: 2, max: 7 }), (shape, every) => {
    const isSuspect = (node: NodeId) => Number.parseInt(node.slice(-4), 16) % every === 0
    const { entries, guard, destination, path } = chosen(shape, isSuspect)
    if (path === undefined) return
    const fit = entries.filter((node) => node !== guard && node !== destination && !isSuspect(idOf(node)))
    const used = path.slice(1).filter((hop) => isSuspect(idOf(hop))).length
    if (fit.length >= 2) expect(used).toBe(0)
  })
  fc.assert(property)
})

test('the hops of the other lane are left alone where that costs nothing else', () => {
  const shape = { nodes: 9, operators: 9, subnets: 9, swarms: 9, seed: 3 }
  const { view, guard, destination, path } = chosen(shape)
  const wish = { view, guard, destination, isSuspect: () => false, random: seededRandom(3) }
  const isTaken = (node: NodeId) => path!.some((hop) => idOf(hop) === node)
  const second = choosePath({ ...wish, isTaken })!
  expect(second.slice(1).filter((hop) => path!.includes(hop))).toEqual([])
  expect(choosePath({ ...wish, isTaken: () => true })).toHaveLength(3)
})

test('a network of three nodes besides the destination is just enough, two are not', () => {
  const shape = { operators: 1, subnets: 1, swarms: 1, seed: 1 }
  expect(chosen({ ...shape, nodes: 4 }).path).toHaveLength(3)
  expect(chosen({ ...shape, nodes: 3 }).path).toBeUndefined()
})

test('a guard is reachable, not benched, and apart from the own swarm and the other guard where that can be', () => {
  const property = fc.property(shapes, (shape) => {
    const view = networkOf(shape)
    const entries = [...view.nodes.values()]
    const other = entries[shape.seed % entries.length]!
    const canReach = (node: NodeEntry) => Number.parseInt(idOf(node).slice(-2), 16) % 3 !== 0
    const isBenched = (node: NodeId) => Number.parseInt(node.slice(-2), 16) % 5 === 0
    const ownSwarm = entries[0]!.swarmId
    const wish = { view, guards: [other], ownSwarm, canReach, isBenched, random: seededRandom(shape.seed) }
    const guard = chooseGuard(wish)
    const candidates = entries.filter((node) => node !== other && canReach(node) && !isBenched(idOf(node)))
    expect(guard === undefined).toBe(candidates.length === 0)
    if (guard === undefined) return
    expect(candidates).toContain(guard)
    if (candidates.some((node) => node.swarmId !== ownSwarm)) expect(guard.swarmId).not.toBe(ownSwarm)
  })
  fc.assert(property)
})
