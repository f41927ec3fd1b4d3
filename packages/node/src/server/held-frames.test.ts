import { test } from 'node:test'
import { VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { Gate } from './gate.ts'
import { HeldFrames } from './held-frames.ts'
import { DEFAULT_LIMITS } from './limits.ts'

function heldWith(bytes = 4_000_000) {
  const gate = new Gate({ clock: new VirtualClock(), limits: { ...DEFAULT_LIMITS, bytes } })
  const caller = gate.callerOf('192.0.2.1')
  const wire = { unsent: 0 }
  return { gate, caller, wire, held: new HeldFrames({ gate, caller, unsentBytes: () => wire.unsent }) }
}

test('a frame that has begun is held from 64 KiB on, until it is whole', () => {
  const { held, caller } = heldWith()
  expect(held.came(60_000)).toBe(true)
  expect(caller.bytes).toBe(0)
  expect(held.came(60_000)).toBe(true)
  expect(caller.bytes).toBe(120_256)
  held.completed()
  expect(caller.bytes).toBe(0)
})

test('a frame that finds no room is refused, and single bytes count as what they cost', () => {
  const { held } = heldWith(1_000_000)
  let pieces = 0
  while (held.came(1)) pieces++
  expect(pieces).toBeLessThan(2_000)
  expect(pieces).toBeGreaterThan(1_000)
})

test('what is sent and not read is held; who reads nothing is found out, and who reads slowly is not', () => {
  const { held, caller, wire } = heldWith()
  wire.unsent = 100_000
  expect(held.measure(0)).toBe(true)
  expect(caller.bytes).toBe(100_000)
  expect(held.measure(66_000)).toBe(true)
  wire.unsent = 90_000
  expect(held.measure(70_000)).toBe(true)
  expect(held.measure(130_000)).toBe(true)
  expect(held.measure(136_000)).toBe(false)
  wire.unsent = 0
  expect(held.measure(140_000)).toBe(true)
  expect(caller.bytes).toBe(0)
})

test('a link that closes gives everything back, once', () => {
  const { held, caller, wire, gate } = heldWith()
  gate.keep(caller, 7)
  held.came(200_000)
  wire.unsent = 100_000
  held.measure(0)
  held.close()
  held.close()
  expect(held.came(200_000)).toBe(false)
  held.measure(1)
  expect(caller.bytes).toBe(7)
})
