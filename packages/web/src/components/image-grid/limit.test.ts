import { test } from 'node:test'
import { expect } from 'expect'
import { createLimit } from './limit.ts'

const { signal } = new AbortController()

test('so many run at a time, the others in their order, also after one that failed', async () => {
  const limit = createLimit(2)
  const log: string[] = []
  const ends = new Map<string, PromiseWithResolvers<void>>()
  const work = (name: string) =>
    limit(async () => {
      log.push(name)
      const end = Promise.withResolvers<void>()
      ends.set(name, end)
      await end.promise
    }, signal)
  const all = ['a', 'b', 'c', 'd'].map(work)
  await Promise.resolve()
  expect(log).toEqual(['a', 'b'])
  ends.get('b')?.reject(new RangeError('b'))
  await expect(all[1]).rejects.toThrow(RangeError)
  expect(log).toEqual(['a', 'b', 'c'])
  for (const name of ['a', 'c']) ends.get(name)?.resolve()
  await all[2]
  ends.get('d')?.resolve()
  await Promise.all([all[0], all[3]])
  expect(log).toEqual(['a', 'b', 'c', 'd'])
})

test('what nobody wants any more is never begun, and lets the next one pass', async () => {
  const limit = createLimit(1)
  const first = Promise.withResolvers<void>()
  const running = limit(() => first.promise, signal)
  const life = new AbortController()
  let begun = false
  const dropped = limit(async () => (begun = true), life.signal)
  const next = limit(async () => 'next', signal)
  life.abort(new RangeError('enough'))
  first.resolve()
  await expect(dropped).rejects.toThrow(RangeError)
  expect([await next, begun]).toEqual(['next', false])
  await running
})
