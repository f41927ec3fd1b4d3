import { test } from 'node:test'
import { type DirectoryView, type NodeEntry, type NodeId, subnetOf } from '@starling/protocol'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { networkOf, type Shape, viewOf } from '../testing/network-snapshot.ts'
import { chooseGuard, choosePath } from './choose-path.ts'

const shapes = fc.record({
  nodes: fc.integer({ min: 9, max: 300 }),
  operators: fc.integer({ min: 1, max: 60 }),
  subnets: fc.integer({ min: 1, max: 60 }),
  swarms: fc.integer({ min: 1, max: 40 }),
  seed: fc.nat(),
})

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

test('to a server outside there is a path of three different nodes, kept apart as any other', () => {
  const property = fc.property(shapes, (shape) => {
    const view = networkOf({ ...shape, operators: 60, subnets: 60, nodes: 60 })
    const guard = [...view.nodes.values()][shape.seed % 60]!
    const wish = { view, guard, destination: undefined, isSuspect: () => false, random: seededRandom(shape.seed) }
    const path = choosePath(wish)!
    expect(path[0]).toBe(guard)
    expect(new Set(path.map(idOf)).size).toBe(3)
    expect(areApart(path[0], path[1]) && areApart(path[1], path[2]) && areApart(path[0], path[2])).toBe(true)
  })
  fc.assert(property, { numRuns: 50 })
})

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

/** A network as they grow: a few operators run many nodes, some of them in one place; swarms have about seven members. */
const snapshots = fc.record({
  nodes: fc.integer({ min: 50, max: 2000 }),
  named: fc.boolean(),
  seed: fc.nat(),
})

function snapshotOf({ nodes, named, seed }: { nodes: number; named: boolean; seed: number }): DirectoryView {
  const random = seededRandom(seed)
  const skewed = (most: number) => Math.floor(most * (random(1)[0]! / 256) ** 3)
  const swarms = Math.max(1, Math.floor(nodes / 7))
  return viewOf(
    Array.from({ length: nodes }, (_, i) => {
      const operator = skewed(nodes / 3)
      const subnet = operator * 3 + skewed(3)
      return {
        swarm: i % swarms,
        operator: named ? `operator ${operator}` : '',
        address: `${10 + (subnet >> 16)}.${(subnet >> 8) & 255}.${subnet & 255}.${1 + (i % 250)}`,
      }
    }),
  )
}

/** Of one known operator, or in one /24. */
function areTogether(a: NodeEntry, b: NodeEntry): boolean {
  const { operator, address } = a.descriptor
  return (operator !== '' && operator === b.descriptor.operator) || subnetOf(address) === subnetOf(b.descriptor.address)
}

test('in snapshots of 50 to 2,000 nodes no two hops share operator, /24 or the swarm of the destination, if that can be avoided', () => {
  const property = fc.property(snapshots, (snapshot) => {
    const view = snapshotOf(snapshot)
    const random = seededRandom(snapshot.seed + 1)
    const entries = [...view.nodes.values()]
    const canReach = () => true
    const none = () => false
    const wish = { view, canReach, isBenched: none, random }
    const ownSwarm = entries[snapshot.seed % entries.length]!.swarmId
    const first = chooseGuard({ ...wish, guards: [], ownSwarm })!
    const second = chooseGuard({ ...wish, guards: [first], ownSwarm })!
    const others = entries.filter((node) => node !== first && node.swarmId !== ownSwarm)
    if (others.some((node) => !areTogether(node, first))) expect(areTogether(first, second)).toBe(false)
    expect([first.swarmId, second.swarmId]).not.toContain(ownSwarm)

    const destination = entries.find((node) => node.swarmId === ownSwarm)!
    const [, relay, lastHop] = choosePath({ view, guard: first, destination, isSuspect: none, random })!
    const usable = entries.filter(
      (node) =>
        node !== first &&
        node.swarmId !== destination.swarmId &&
        !areTogether(node, first) &&
        !areTogether(node, destination),
    )
    const isPossible = usable.some((a) => usable.some((b) => a !== b && !areTogether(a, b)))
    if (!isPossible) return
    for (const hop of [relay, lastHop]) expect(usable).toContain(hop)
    expect(areTogether(relay, lastHop)).toBe(false)
  })
  fc.assert(property, { numRuns: 60 })
})

test('paths are spread: over half of a small network, part of which is too close, has been a hop', () => {
  const view = snapshotOf({ nodes: 60, named: true, seed: 4 })
  const [guard, destination] = [...view.nodes.values()]
  const random = seededRandom(5)
  const used = new Set<string>()
  for (let i = 0; i < 1500; i++) {
    const path = choosePath({ view, guard: guard!, destination: destination!, isSuspect: () => false, random })!
    for (const hop of path) used.add(idOf(hop))
  }
  expect(used.size).toBeGreaterThan(view.nodes.size / 2)
})
