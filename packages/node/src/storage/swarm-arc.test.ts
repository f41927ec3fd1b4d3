import { test } from 'node:test'
import { chooseSwarm, type DirectoryView, parseOwner, type SwarmId, swarmPosition, toHex } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import { BUCKET_COUNT, bucketOf } from './buckets.ts'
import { isWhollyOf, touches } from './swarm-arc.ts'

/** Some so close together that their arcs lie within one bucket. */
const ids = fc.oneof(
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.bigInt(0n, 2n ** 54n),
  fc.bigInt(2n ** 64n - 2n ** 53n, 2n ** 64n - 1n),
)
const swarmIdLists = fc
  .uniqueArray(ids, { minLength: 1, maxLength: 12 })
  .map((list) => list.toSorted((a, b) => (a < b ? -1 : 1)) as SwarmId[])
const offsets = fc.bigInt(0n, 2n ** 52n - 1n)

test('a bucket touches the swarm of each of its positions, and wholly belongs to no other', () => {
  const property = fc.property(swarmIdLists, fc.nat(BUCKET_COUNT - 1), offsets, (swarmIds, bucket, offset) => {
    const view = { swarmIds } as unknown as DirectoryView
    const owning = chooseSwarm(swarmIds, BigInt(bucket) * 2n ** 52n + offset)!
    expect(touches(view, owning, bucket)).toBe(true)
    for (const id of swarmIds) if (id !== owning) expect(isWhollyOf(view, id, bucket)).toBe(false)
  })
  fc.assert(property, { numRuns: 2000 })
})

test('a bucket that one swarm alone touches is wholly its own', () => {
  const property = fc.property(swarmIdLists, fc.nat(BUCKET_COUNT - 1), (swarmIds, bucket) => {
    const view = { swarmIds } as unknown as DirectoryView
    const touching = swarmIds.filter((id) => touches(view, id, bucket))
    expect(touching.length).toBeGreaterThan(0)
    for (const id of touching) expect(isWhollyOf(view, id, bucket)).toBe(touching.length === 1)
  })
  fc.assert(property, { numRuns: 2000 })
})

test('the bucket of an owner is where its position lies', () => {
  const property = fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
    expect(bucketOf(parseOwner(`05${toHex(key)}`))).toBe(Number(swarmPosition(key) >> 52n))
  })
  fc.assert(property)
})
