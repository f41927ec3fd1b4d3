import { test } from 'node:test'
import { minutes, type NodeEntry } from '@starling/protocol'
import { memoryLogger, seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { networkOf } from '../testing/network-snapshot.ts'
import { PathError } from './path-error.ts'
import { type BrokenPath, PathRepair } from './path-repair.ts'

const nodes = [
  ...networkOf({ nodes: 60, operators: 60, subnets: 60, swarms: 30 }).nodes.values(),
] as readonly NodeEntry[]

function started(probe: (broken: BrokenPath) => Promise<void>) {
  const clock = new VirtualClock()
  const life = new AbortController()
  const repair = new PathRepair({ clock, random: seededRandom(1), logger: memoryLogger(), probe })
  const ended = repair.run(life.signal).catch((error: unknown) => error)
  return { clock, repair, life, ended }
}

test('what failed is tried once for each lane and swarm, and again while it fails, three times at most', async () => {
  const probed: BrokenPath[] = []
  const { clock, repair, life, ended } = started(async (broken) => {
    probed.push(broken)
    if (broken.lane === 1) throw new PathError('timeout')
  })
  repair.add({ lane: 0, destination: nodes[0]! })
  repair.add({ lane: 0, destination: nodes[30]! }) // of the same swarm
  repair.add({ lane: 1, destination: nodes[0]! })
  await clock.advance(minutes(5))
  expect(probed.map(({ lane, destination }) => [lane, destination])).toEqual([
    [0, nodes[30]],
    ...Array.from({ length: 3 }, () => [1, nodes[0]]),
  ])
  life.abort(new Error('over'))
  expect(await ended).toEqual(new Error('over'))
})

test('when everything fails at once, no more than sixteen wait; later failures are repaired again', async () => {
  let probes = 0
  const { clock, repair, life, ended } = started(async () => {
    probes++
  })
  for (const destination of nodes.slice(0, 30)) repair.add({ lane: 0, destination })
  await clock.advance(minutes(1))
  expect(probes).toBe(16)
  repair.add({ lane: 0, destination: nodes[0]! })
  await clock.advance(minutes(1))
  expect(probes).toBe(17)
  life.abort()
  await ended
})
