import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/swarm.json' with { type: 'json' }
import { u64be } from '../codec/codec.ts'
import { type ActiveNode, assignSwarms } from './assignment.ts'
import { compareNodeIds, type NodeId, parseNodeId } from './node-id.ts'
import { NO_SWARM, type SwarmId, swarmId } from './swarm-id.ts'
import { type SwarmSizes, swarmSizes } from './swarm-sizes.ts'

type Assignment = ReadonlyMap<NodeId, SwarmId>
const nobody: Assignment = new Map()

function seedOf(value: bigint | number): Uint8Array {
  return u64be.encode(BigInt(value)).reverse()
}

function nodeOf(index: number, tags: { operator?: string; subnet?: string } = {}): ActiveNode {
  const nodeId = parseNodeId(index.toString(16).padStart(4, '0').repeat(16))
  return { nodeId, operator: tags.operator ?? '', subnet: tags.subnet ?? '' }
}

const nodesOf = (count: number): ActiveNode[] => Array.from({ length: count }, (_, index) => nodeOf(index))

function membersOf(assignment: Assignment): Map<SwarmId, NodeId[]> {
  const swarms = new Map<SwarmId, NodeId[]>()
  for (const [node, swarm] of assignment) swarms.set(swarm, [...(swarms.get(swarm) ?? []), node])
  return swarms
}

const sizesOf = (assignment: Assignment): number[] =>
  [...membersOf(assignment).values()].map((members) => members.length).sort((a, b) => a - b)

function movedNodes(before: Assignment, after: Assignment): number {
  return [...before].filter(([node, swarm]) => after.has(node) && after.get(node) !== swarm).length
}

function conflictsOf(assignment: Assignment, active: readonly ActiveNode[]): number {
  let conflicts = 0
  for (const a of active) {
    for (const b of active) {
      if (a.nodeId >= b.nodeId || assignment.get(a.nodeId) !== assignment.get(b.nodeId)) continue
      conflicts += Number(a.operator !== '' && a.operator === b.operator)
      conflicts += Number(a.subnet !== '' && a.subnet === b.subnet)
    }
  }
  return conflicts
}

test('the history of the vectors comes out as the compatible network computes it', () => {
  for (const step of vectors.swarm_assignment.steps) {
    const previous = new Map<NodeId, SwarmId>()
    const active: ActiveNode[] = []
    for (const [id, names] of Object.entries<readonly string[] | undefined>(step.before)) {
      for (const name of names ?? []) {
        if (BigInt(id) !== NO_SWARM) previous.set(name as NodeId, swarmId(BigInt(id)))
        active.push({ nodeId: name as NodeId, operator: name, subnet: `of ${name}` })
      }
    }
    const after = assignSwarms({ previous, active, seed: seedOf(Number(step.seed)), sizes: swarmSizes(7) })
    const expected = Object.entries<readonly string[] | undefined>(step.after).flatMap(([id, names]) =>
      (names ?? []).map((name) => [name, BigInt(id)]),
    )
    expect(Object.fromEntries(after)).toEqual(Object.fromEntries(expected))
  }
})

test('twelve nodes form four swarms of three, or two of six', () => {
  for (let seed = 0; seed < 50; seed++) {
    const input = { previous: nobody, active: nodesOf(12), seed: seedOf(seed) }
    expect(sizesOf(assignSwarms({ ...input, sizes: swarmSizes(3) }))).toEqual([3, 3, 3, 3])
    expect(sizesOf(assignSwarms({ ...input, sizes: swarmSizes(6) }))).toEqual([6, 6])
  }
})

test('twelve nodes that come one by one form four swarms of three', () => {
  for (let seed = 0; seed < 50; seed++) {
    let assignment = nobody
    for (let count = 1; count <= 12; count++) {
      const input = { previous: assignment, active: nodesOf(count), seed: seedOf(100 * seed + count) }
      assignment = assignSwarms({ ...input, sizes: swarmSizes(3) })
    }
    expect(sizesOf(assignment)).toEqual([3, 3, 3, 3])
  }
})

test('when two of three members are gone, one other node moves and every swarm keeps two', () => {
  const sizes = swarmSizes(3)
  for (let seed = 0; seed < 50; seed++) {
    const before = assignSwarms({ previous: nobody, active: nodesOf(12), seed: seedOf(seed), sizes })
    const gone = [...membersOf(before).values()][seed % 4]!.slice(1)
    const active = nodesOf(12).filter((node) => !gone.includes(node.nodeId))
    const after = assignSwarms({ previous: before, active, seed: seedOf(seed + 1), sizes })
    expect(sizesOf(after)).toEqual([2, 2, 3, 3])
    expect(movedNodes(before, after)).toBe(1)
  }
})

test('growth by one node after the other gives a swarm for every seven nodes', () => {
  let assignment = nobody
  for (let count = 1; count <= 112; count++) {
    const input = { previous: assignment, active: nodesOf(count), seed: seedOf(count) }
    assignment = assignSwarms({ ...input, sizes: swarmSizes(7) })
    expect(membersOf(assignment).size).toBe(Math.max(1, Math.floor(count / 7)))
  }
})

const targets = fc.integer({ min: 1, max: 9 })
const seeds = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const tagged = fc.uniqueArray(fc.tuple(fc.nat(999), fc.nat(40), fc.nat(80)), {
  maxLength: 300,
  size: 'max',
  selector: ([index]) => index,
})
const snapshots = tagged.map((rows) =>
  rows.map(([index, operator, subnet]) =>
    nodeOf(index, { operator: `operator ${operator}`, subnet: `10.0.${subnet}` }),
  ),
)

function twoEpochs(options: {
  first: readonly ActiveNode[]
  second: readonly ActiveNode[]
  seed: bigint
  target: number
}) {
  const sizes: SwarmSizes = swarmSizes(options.target)
  const before = assignSwarms({ previous: nobody, active: options.first, seed: seedOf(options.seed), sizes })
  const after = assignSwarms({ previous: before, active: options.second, seed: seedOf(options.seed ^ 1n), sizes })
  return { before, after, sizes }
}

test('through joins and leaves every active node has one swarm, and none is under the minimum', () => {
  const property = fc.property(snapshots, snapshots, seeds, targets, (first, second, seed, target) => {
    const { after, sizes } = twoEpochs({ first, second, seed, target })
    expect([...after.keys()].sort(compareNodeIds)).toEqual(second.map((node) => node.nodeId).sort(compareNodeIds))
    if (second.length < sizes.minimum) expect(membersOf(after).size).toBe(Math.min(1, second.length))
    else expect(sizesOf(after)[0]).toBeGreaterThanOrEqual(sizes.minimum)
  })
  fc.assert(property, { numRuns: 60 })
})

test('the order in which nodes are given does not matter', () => {
  const property = fc.property(snapshots, snapshots, seeds, targets, (first, second, seed, target) => {
    const { before, after, sizes } = twoEpochs({ first, second, seed, target })
    const previous = new Map([...before].reverse())
    const again = assignSwarms({ previous, active: [...second].reverse(), seed: seedOf(seed ^ 1n), sizes })
    expect(Object.fromEntries(again)).toEqual(Object.fromEntries(after))
  })
  fc.assert(property, { numRuns: 40 })
})

test('without joins and leaves nobody moves, whatever the seed', () => {
  const property = fc.property(snapshots, snapshots, seeds, targets, (first, second, seed, target) => {
    const { after, sizes } = twoEpochs({ first, second, seed, target })
    const still = assignSwarms({ previous: after, active: second, seed: seedOf(seed ^ 2n), sizes })
    expect(movedNodes(after, still)).toBe(0)
  })
  fc.assert(property, { numRuns: 60 })
})

test('nodes of one operator or subnet are in different swarms when there are three times as many swarms as such nodes', () => {
  const counts = fc.integer({ min: 60, max: 300 })
  const property = fc.property(counts, seeds, fc.integer({ min: 2, max: 7 }), (count, seed, target) => {
    const together = Math.max(1, Math.floor(count / target / 3))
    const groups = Math.ceil(count / together)
    const active = Array.from({ length: count }, (_, index) =>
      nodeOf(index, { operator: `${index % groups}`, subnet: `10.0.${Math.floor(index / together)}` }),
    )
    const kept = active.filter((_, index) => index % 5 !== Number(seed % 5n))
    const { before, after } = twoEpochs({ first: active, second: kept, seed, target })
    expect(conflictsOf(before, active)).toBe(0)
    expect(conflictsOf(after, kept)).toBe(0)
  })
  fc.assert(property, { numRuns: 40 })
})

test('one operator with more nodes than there are swarms does not stop the assignment', () => {
  const active = nodesOf(60).map((node) => ({ ...node, operator: 'one', subnet: '10.0.0' }))
  expect(sizesOf(assignSwarms({ previous: nobody, active, seed: seedOf(1), sizes: swarmSizes(7) })).length).toBe(8)
})

test('a seed under eight bytes is refused', () => {
  const input = { previous: nobody, active: nodesOf(1), seed: new Uint8Array(7), sizes: swarmSizes(7) }
  expect(() => assignSwarms(input)).toThrow(expect.objectContaining({ code: 'truncated' }))
})
