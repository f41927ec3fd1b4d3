import { test } from 'node:test'
import { expect } from 'expect'
import { addressKey, Caller, Callers } from './callers.ts'
import { rateOf } from './token-bucket.ts'

const rate = rateOf(300, { burstSeconds: 2 })
const address = (number: number) => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`

test('an IPv4 address stands for itself, however it is written, and an IPv6 one for its /64', () => {
  for (const [text, key] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:0:7::1', '2001:db8:0:7'],
    ['2001:DB8:0:7:ffff:ffff:ffff:ffff', '2001:db8:0:7'],
    ['2001:0db8::7:1:2:3:4', '2001:db8:0:7'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['no address', ''],
    [undefined, ''],
  ] as const) {
    expect([text, addressKey(text)]).toEqual([text, key])
  }
})

test('an address is one caller as long as it is remembered', () => {
  const callers = new Callers(100)
  expect(callers.get('192.0.2.1', 0)).toBe(callers.get('::ffff:192.0.2.1', 0))
  expect(callers.get('192.0.2.1', 0)).not.toBe(callers.get('192.0.2.2', 0))
})

test('when the table is full a newcomer gets in, and what nobody needs is forgotten first', () => {
  const callers = new Callers(1_000)
  const tired = callers.get('192.0.2.1', 0)
  tired.rates.rpc.spend(10_000, rate, 0)
  const busy = callers.get('192.0.2.2', 0)
  busy.requests = 1
  for (let index = 0; index < 50_000; index++) callers.get(address(index), 0)
  expect(callers.size).toBe(1_000)
  expect(callers.get('192.0.2.1', 0)).toBe(tired)
  expect(callers.get('192.0.2.2', 0)).toBe(busy)
})

test('callers with something under way are all kept, also more than the table should hold', () => {
  const callers = new Callers(16)
  const busy = Array.from({ length: 100 }, (_, index) => {
    const caller = callers.get(address(index), 0)
    caller.connections = 1
    return caller
  })
  expect(busy.every((caller, index) => callers.get(address(index), 0) === caller)).toBe(true)
  for (const caller of busy) caller.connections = 0
  for (let index = 1_000; index < 2_000; index++) callers.get(address(index), 0)
  expect(callers.size).toBeLessThanOrEqual(100)
})

test('a link belongs to its address and has rates of its own', () => {
  const place = new Caller()
  const link = new Caller(place)
  link.rates.rpc.spend(1, rate, 0)
  expect(link.address).toBe(place)
  expect(place.rates.rpc.untilFull(0)).toBe(0)
  expect(link.untilForgotten(0)).toBeGreaterThan(0)
})
