import { test } from 'node:test'
import type { OperatorStatus } from '@starling/node/operator'
import { expect } from 'expect'
import { formatDuration, renderStatus, stateOf } from './render-status.ts'

const status: OperatorStatus = {
  nodeId: 'ab'.repeat(32),
  softwareVersion: '0.1.0',
  network: 'Example',
  uptimeSeconds: 90_061,
  ready: true,
  intent: 'stay',
  announced: 'accepted',
  directory: { epoch: 12, ageSeconds: 75, isStale: false, nodes: 9, swarms: 3 },
  swarm: { id: '000000000000000f', members: 3, silent: 1 },
  repair: {
    catchingUp: false,
    progress: null,
    last: { agoSeconds: 30, compared: 1, unreached: 1, taken: 1234, bytes: 5, refused: 0 },
  },
  handOver: { remaining: 0, handedOver: 0 },
  hints: { total: 12, members: 1, absent: 0 },
  store: { messages: 54_321, records: 2, sizeBytes: 150_000_000, maxBytes: 50e9, freeBytes: 100e9 },
  held: 4,
  onions: 0,
  subscriptions: 0,
  links: { clients: 7, peers: 2 },
  requests: 1_000,
  errors: 3,
  rssBytes: 130_000_000,
  eventLoopDelayMillis: 1.5,
}

test('everything that an operator asks for is in the table', () => {
  const before = { status: { ...status, requests: 900, errors: 2 }, secondsAgo: 2 }
  expect(renderStatus({ status, before, clock: 'the clock agrees' })).toBe(
    `Node      ${'ab'.repeat(32)}  ready
Running   1 d 1 h, version 0.1.0
Network   Example, epoch 12, 1 min 15 s old; 9 nodes in 3 swarms
Swarm     000000000000000f, 3 members, 1 of them silent
Repair    last round 30 s ago: 1 compared, 1 not reached, 1,234 taken
Stored    54,321 messages in 143 MiB of 46.6 GiB, 93.1 GiB free
Waiting   12 hints for 1 member, 4 held retrievals
Requests  50.0/s, 0.5/s fail
Links     7 of clients, 2 with nodes
Process   124 MiB of memory, event loop late by 1.5 ms
Clock     the clock agrees
`,
  )
})

test('a node says in a word where it is on its way in and out', () => {
  const outside = { ...status, ready: false, swarm: null }
  expect(stateOf({ ...outside, announced: 'not_admitted' })).toBe('not invited')
  expect(stateOf({ ...outside, announced: 'wrong_time' })).toBe('refused: wrong clock')
  expect(stateOf(outside)).toBe('waiting for the next directory')
  expect(stateOf({ ...outside, announced: 'unreachable', directory: null })).toBe('looking for the network')
  expect(stateOf({ ...status, ready: false, repair: { ...status.repair, catchingUp: true } })).toBe('catching up')
  expect(stateOf({ ...status, intent: 'leave' })).toBe('leaving')
  expect(stateOf({ ...outside, intent: 'leave' })).toBe('left, handing over')
})

test('a node without a directory, and one that catches up, have a table too', () => {
  const lost = renderStatus({ status: { ...status, directory: null, swarm: null, ready: false } })
  expect(lost).toContain('Network   Example: no directory yet\nSwarm     none\n')
  expect(lost).toContain('Requests  1,000 since the start, 3 of them failed\n')
  const repair = { catchingUp: true, progress: { kind: 'fetching', done: 10, total: 2_000 } as const, last: null }
  expect(renderStatus({ status: { ...status, repair } })).toContain('Repair    catching up, fetching: 10 of 2,000\n')
})

test('durations have two units at most', () => {
  expect([0, 59, 60, 3_601, 86_400, 90_061].map(formatDuration)).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '1 h',
    '1 d',
    '1 d 1 h',
  ])
})
