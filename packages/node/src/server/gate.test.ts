import { test } from 'node:test'
import { seconds } from '@starling/protocol'
import { VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import type { Caller } from './callers.ts'
import { Gate } from './gate.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'

function gateWith(limits: Partial<ServerLimits> = {}) {
  const clock = new VirtualClock()
  return { clock, gate: new Gate({ clock, limits: { ...DEFAULT_LIMITS, ...limits } }) }
}

/** How many requests are let in at once. */
function begun(gate: Gate, caller: Caller, kind?: 'rpc' | 'onion' | 'directory', asked = 5_000): number {
  return Array.from({ length: asked }, () => gate.begin(caller, kind)).filter((refusal) => !refusal).length
}

test('storage, onion and directory requests of an address have a rate each', async () => {
  const { gate, clock } = gateWith()
  const caller = gate.callerOf('192.0.2.1')
  expect(begun(gate, caller, 'rpc')).toBe(600)
  expect(begun(gate, caller, 'onion')).toBe(600)
  expect(begun(gate, caller, 'directory')).toBe(100)
  expect(gate.begin(caller, 'rpc')).toEqual({ status: 429, text: 'Too Many Requests\n', retryAfter: 1 })
  expect(gate.begin(gate.callerOf('192.0.2.2'), 'rpc')).toBeUndefined()
  await clock.advance(seconds(1))
  expect(begun(gate, caller, 'rpc')).toBe(300)
})

test('one link has half of the rate of its address, and all its links together no more than that', () => {
  const { gate } = gateWith()
  const address = gate.callerOf('192.0.2.1')
  const links = [gate.openLink(address), gate.openLink(address), gate.openLink(address)]
  expect(links.map((link) => begun(gate, link, 'rpc'))).toEqual([300, 300, 0])
})

test('large answers count as many requests, and who was given them waits', () => {
  const { gate } = gateWith()
  const caller = gate.callerOf('192.0.2.1')
  gate.charge(caller, 'rpc', 1_000)
  expect(begun(gate, caller, 'rpc', 1)).toBe(1)
  gate.charge(caller, 'rpc', 65_536 * 900)
  expect(gate.begin(caller, 'rpc')).toMatchObject({ status: 429, retryAfter: 2 })
  expect(gate.begin(caller, 'onion')).toBeUndefined()
})

test('who has many requests under way is refused before who has few', () => {
  const { gate } = gateWith({ requests: 1_000 })
  const greedy = Array.from({ length: 20 }, (_, index) => gate.callerOf(`192.0.2.${index}`))
  const counts = greedy.map((caller) => begun(gate, caller))
  expect(counts[0]).toBe(200)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThan(1_000)
  expect(gate.begin(greedy[0]!)).toEqual({ status: 503, text: 'Server busy, try again later', retryAfter: 1 })
  expect(gate.begin(gate.callerOf('198.51.100.1'))).toBeUndefined()
  for (const [index, caller] of greedy.entries()) for (let i = 0; i < counts[index]!; i++) gate.end(caller)
  expect(begun(gate, greedy[5]!)).toBe(200)
})

test('of the links of one address, the one with few requests under way is let in when another is not', () => {
  const { gate } = gateWith({ requests: 1_000 })
  const address = gate.callerOf('192.0.2.1')
  const [greedy, modest] = [gate.openLink(address), gate.openLink(address)]
  begun(gate, greedy)
  expect(gate.begin(greedy)).toMatchObject({ status: 503 })
  expect(gate.begin(modest)).toBeUndefined()
})

test('connections and links of one address are bounded, and of all', () => {
  const { gate } = gateWith({ connections: 100, links: 50, connectionsPerSecond: 1_000 })
  const open = (address: string) => {
    const caller = gate.callerOf(address)
    let count = 0
    while (gate.openConnection(caller)) count++
    return count
  }
  expect(open('192.0.2.1')).toBe(20)
  let total = 20
  for (let index = 2; index < 250; index++) total += open(`192.0.2.${index}`)
  expect(total).toBeLessThanOrEqual(100)
  gate.closeConnection(gate.callerOf('192.0.2.1'))
  expect(gate.isCrowded).toBe(true)
  const caller = gate.callerOf('192.0.2.1')
  for (let index = 0; index < 10; index++) gate.openLink(caller)
  expect(gate.hasRoomForLink(caller)).toBe(false)
  expect(gate.hasRoomForLink(gate.callerOf('192.0.2.2'))).toBe(true)
})

test('new connections of an address have a rate', async () => {
  const { gate, clock } = gateWith()
  const caller = gate.callerOf('192.0.2.1')
  const opened = () => {
    let count = 0
    for (; gate.openConnection(caller); count++) gate.closeConnection(caller)
    return count
  }
  expect(opened()).toBe(300)
  await clock.advance(seconds(1))
  expect(opened()).toBe(50)
})

test('bytes are held for an address and its links within what is free, and given back', () => {
  const { gate } = gateWith({ bytes: 1_000 })
  const address = gate.callerOf('192.0.2.1')
  const link = gate.openLink(address)
  expect(gate.hold(link, 125)).toBeUndefined()
  expect(gate.hold(address, 100)).toMatchObject({ status: 503 })
  expect(gate.hold(link, 10)).toMatchObject({ status: 503 })
  expect(gate.roomRefusal(gate.callerOf('192.0.2.2'), 200)).toBeUndefined()
  gate.keep(link, -125)
  expect({ link: link.bytes, address: address.bytes }).toEqual({ link: 0, address: 0 })
  expect(gate.hold(address, 250)).toBeUndefined()
})

test('without limits by address only the totals hold', () => {
  const { gate } = gateWith({ perAddress: false, requests: 1_000, links: 20, connections: 20 })
  const caller = gate.callerOf('127.0.0.1')
  gate.charge(caller, 'rpc', 1e9)
  expect(begun(gate, caller, 'rpc')).toBe(1_000)
  for (let index = 0; index < 20; index++) expect(gate.openConnection(caller)).toBe(true)
  expect(gate.openConnection(caller)).toBe(false)
})
