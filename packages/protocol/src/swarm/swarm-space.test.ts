import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/swarm.json' with { type: 'json' }
import { fromHex } from '../bytes/hex.ts'
import { chooseSwarm } from './choose-swarm.ts'
import { MersenneTwister } from './mersenne-twister.ts'
import { newSwarmId } from './new-swarm-id.ts'
import { swarmPosition } from './position.ts'
import { MAX_SWARM_ID, type SwarmId, swarmId } from './swarm-id.ts'

const swarmIds = (values: readonly string[]): SwarmId[] => values.map((value) => swarmId(BigInt(value)))

test('positions of accounts are those of the vectors', () => {
  for (const vector of vectors.swarm_space) {
    expect(swarmPosition(fromHex(vector.pubkey).subarray(1))).toBe(BigInt(vector.position))
  }
  expect(() => swarmPosition(new Uint8Array(33))).toThrow(expect.objectContaining({ code: 'out_of_bounds' }))
})

test('chosen swarms are those of the vectors', () => {
  for (const vector of vectors.swarm_choice) {
    expect(chooseSwarm(swarmIds(vector.swarm_ids), BigInt(vector.position))).toBe(BigInt(vector.swarm))
  }
  expect(chooseSwarm([], 5n)).toBe(undefined)
})

test('no other swarm is nearer on the ring than the chosen one', () => {
  const positions = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
  const ids = fc.uniqueArray(fc.bigInt({ min: 0n, max: MAX_SWARM_ID }), { minLength: 1, maxLength: 40 })
  const distance = (a: bigint, b: bigint) => {
    const there = BigInt.asUintN(64, a - b)
    const back = BigInt.asUintN(64, b - a)
    return there < back ? there : back
  }
  const property = fc.property(ids, positions, (values, position) => {
    const sorted = values.map(swarmId).sort((a, b) => (a < b ? -1 : 1))
    const chosen = chooseSwarm(sorted, position)!
    for (const other of sorted) expect(distance(chosen, position) <= distance(other, position)).toBe(true)
  })
  fc.assert(property)
})

test('random numbers are those of mt19937_64', () => {
  const { mt19937_64: expected, uniform } = vectors.prng
  const standard = new MersenneTwister(5489n)
  for (let i = 1; i < 10_000; i++) standard.next()
  expect(standard.next()).toBe(BigInt(expected.default_seed_5489_10000th_output))
  const seeded = new MersenneTwister(42n)
  expect(expected.seed_42_first_five.map(() => seeded.next())).toEqual(expected.seed_42_first_five.map(BigInt))
  const drawn = new MersenneTwister(BigInt(uniform.seed))
  expect(uniform.n_sequence.map((count) => drawn.uniform(count))).toEqual(uniform.results)
})

test('new swarm IDs are those of the vectors', () => {
  for (const vector of vectors.new_swarm_id) {
    expect(newSwarmId(swarmIds(vector.existing_ids))).toBe(BigInt(vector.new_id))
  }
})

test('new swarm IDs stay those of the vectors over ten thousand births and deaths', () => {
  const random = new MersenneTwister(12345n)
  const ids: SwarmId[] = []
  for (let i = 0; i < 10_000; i++) {
    const drawn = random.next()
    if (drawn < 1n << 62n) {
      if (ids.length > 0) ids.splice(Number(drawn % BigInt(ids.length)), 1)
      continue
    }
    const born = newSwarmId(ids)
    const at = ids.findIndex((id) => id > born)
    ids.splice(at < 0 ? ids.length : at, 0, born)
  }
  const { resulting_count: count, samples } = vectors.new_swarm_id_long_run
  expect(ids.length).toBe(count)
  for (const [index, id] of Object.entries(samples)) expect(ids[Number(index)]).toBe(BigInt(id))
})
