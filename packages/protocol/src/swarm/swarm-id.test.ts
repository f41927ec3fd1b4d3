import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { formatSwarmId, MAX_SWARM_ID, NO_SWARM, parseSwarmId, swarmId } from './swarm-id.ts'

test('a swarm ID survives its text', () => {
  const property = fc.property(fc.bigInt({ min: 0n, max: MAX_SWARM_ID }), (value) => {
    expect(parseSwarmId(formatSwarmId(swarmId(value)))).toBe(value)
  })
  fc.assert(property)
  expect(formatSwarmId(swarmId(0n))).toBe('0')
})

test('refuses leading zeros, upper case, foreign characters and "none" as a swarm ID', () => {
  for (const text of ['', '00', '0f', 'F', '-1', '0x1', 'fffffffffffffffff', NO_SWARM.toString(16)]) {
    expect(() => parseSwarmId(text)).toThrow(expect.objectContaining({ code: 'swarm_id' }))
  }
  for (const value of [-1n, NO_SWARM]) {
    expect(() => swarmId(value)).toThrow(expect.objectContaining({ code: 'swarm_id' }))
  }
})
