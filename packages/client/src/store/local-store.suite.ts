/** What every local store must do, in Node.js and in browsers. */
import { test } from 'node:test'
import { compareBytes, fromHex, toHex } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import type { LocalStore, StoreChange } from './local-store.ts'

/** A place for one store, which survives the stores that are opened in it one after the other. */
export interface StorePlace {
  open(): Promise<LocalStore>
  remove(): Promise<void>
}

const key = (...bytes: number[]) => Uint8Array.from(bytes)
const put = (k: Uint8Array, value: Uint8Array): StoreChange => ({ kind: 'put', key: k, value })
const all = { from: key(), to: new Uint8Array(70).fill(255), limit: 1000 }
const storeError = (code: string) => expect.objectContaining({ name: 'StoreError', code })

export function describeLocalStore(name: string, createPlace: () => Promise<StorePlace>): void {
  const storeTest = (title: string, fn: (store: LocalStore, place: StorePlace) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const place = await createPlace()
      const store = await place.open()
      try {
        await fn(store, place)
      } finally {
        await store[Symbol.asyncDispose]()
        await place.remove()
      }
    })
  describeRecords(storeTest)
  describeLifetime(storeTest)
}

type StoreTest = (title: string, fn: (store: LocalStore, place: StorePlace) => Promise<void>) => void

function describeRecords(storeTest: StoreTest): void {
  storeTest('a record is got as it was put, replaced by the next one, and gone when deleted', async (store) => {
    expect(await store.get(key(1))).toBeUndefined()
    await store.write([put(key(1), key(7, 8))])
    expect(await store.get(key(1))).toEqual(key(7, 8))
    await store.write([put(key(1), key(9))])
    expect(await store.get(key(1))).toEqual(key(9))
    await store.write([{ kind: 'delete', key: key(1) }])
    await store.write([{ kind: 'delete', key: key(1) }])
    expect(await store.get(key(1))).toBeUndefined()
  })

  storeTest('empty and large values, short and long keys are kept', async (store) => {
    const large = new Uint8Array(300_000).map((_, i) => i % 251)
    const long = new Uint8Array(64).fill(255)
    await store.write([put(key(0), key()), put(long, large)])
    expect(await store.get(key(0))).toEqual(key())
    expect(toHex((await store.get(long))!)).toBe(toHex(large))
  })

  storeTest('bytes given and bytes got belong to the caller', async (store) => {
    const shared = key(1, 2, 3, 4)
    const written = store.write([put(shared.subarray(0, 2), shared.subarray(2))])
    await written
    shared.fill(0)
    const got = await store.get(key(1, 2))
    expect(got).toEqual(key(3, 4))
    got!.fill(0)
    expect(await store.get(key(1, 2))).toEqual(key(3, 4))
  })

  storeTest(
    'a list has the keys of the range in the order of their bytes, or against it, up to the limit',
    async (store) => {
      const keys = [key(2), key(1), key(1, 0), key(200), key(1, 255), key(2, 0), key(127, 128)]
      await store.write(keys.map((k) => put(k, k)))
      const list = async (range: Parameters<LocalStore['list']>[0]) =>
        (await store.list(range)).map((record) => {
          expect(record.value).toEqual(record.key)
          return toHex(record.key)
        })
      expect(await list(all)).toEqual(['01', '0100', '01ff', '02', '0200', '7f80', 'c8'])
      expect(await list({ ...all, from: key(1, 0), to: key(2) })).toEqual(['0100', '01ff'])
      expect(await list({ ...all, limit: 2 })).toEqual(['01', '0100'])
      expect(await list({ ...all, limit: 2, reverse: true })).toEqual(['c8', '7f80'])
      expect(await list({ from: key(1), to: key(200), limit: 10, reverse: true })).toEqual([
        '7f80',
        '0200',
        '02',
        '01ff',
        '0100',
        '01',
      ])
      for (const nothing of [
        { ...all, limit: 0 },
        { ...all, from: key(3), to: key(2) },
        { ...all, from: key(2), to: key(2) },
      ]) {
        expect(await list(nothing)).toEqual([])
        expect(await list({ ...nothing, reverse: true })).toEqual([])
      }
    },
  )

  storeTest('within a batch the later change counts', async (store) => {
    await store.write([put(key(1), key(1)), { kind: 'delete', key: key(1) }, put(key(2), key(1)), put(key(2), key(2))])
    await store.write([])
    expect(await store.list(all)).toEqual([{ key: key(2), value: key(2) }])
  })

  storeTest('a batch of which one change cannot be written changes nothing', async (store) => {
    await store.write([put(key(1), key(1))])
    const broken = put(key(3), undefined as unknown as Uint8Array)
    await expect(store.write([put(key(1), key(9)), put(key(2), key(9)), broken])).rejects.toThrow()
    expect(await store.list(all)).toEqual([{ key: key(1), value: key(1) }])
  })

  storeTest('relaxed and strict writes happen in the order of the calls', async (store) => {
    const relaxed = { durability: 'relaxed' } as const
    const writes = Array.from({ length: 20 }, (_, i) => store.write([put(key(1), key(i))], i % 3 > 0 ? relaxed : {}))
    await Promise.all(writes)
    expect(await store.get(key(1))).toEqual(key(19))
  })

  storeTest('writes that are under way together all happen, in the order of the calls', async (store) => {
    const writes = Array.from({ length: 20 }, (_, i) => store.write([put(key(1), key(i)), put(key(2, i), key(i))]))
    await Promise.all(writes)
    expect(await store.get(key(1))).toEqual(key(19))
    expect((await store.list(all)).length).toBe(21)
  })

  storeTest('it behaves as an ordered map does', async (store) => {
    const keys = fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 })
    const change = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), key: keys, value: fc.uint8Array({ maxLength: 4 }) }),
      fc.record({ kind: fc.constant('delete' as const), key: keys }),
    )
    const range = fc.record({ from: keys, to: keys, limit: fc.nat(6), reverse: fc.boolean() })
    const steps = fc.array(fc.tuple(fc.array(change, { maxLength: 6 }), range), { maxLength: 6 })
    const property = fc.asyncProperty(steps, async (sequence) => {
      await store.erase()
      const model = new Map<string, Uint8Array>()
      for (const [changes, wanted] of sequence) {
        await store.write(changes)
        for (const one of changes) {
          if (one.kind === 'put') model.set(toHex(one.key), one.value)
          else model.delete(toHex(one.key))
        }
        const expected = [...model]
          .map(([k, value]) => ({ key: fromHex(k), value }))
          .filter((record) => compareBytes(wanted.from, record.key) <= 0 && compareBytes(record.key, wanted.to) < 0)
          .sort((a, b) => compareBytes(a.key, b.key) * (wanted.reverse ? -1 : 1))
        expect(await store.list(wanted)).toEqual(expected.slice(0, wanted.limit))
      }
    })
    await fc.assert(property, { numRuns: 25 })
  })
}

function describeLifetime(storeTest: StoreTest): void {
  storeTest('what was written is there when the place is opened again', async (store, place) => {
    await store.write([put(key(1), key(5))])
    await store[Symbol.asyncDispose]()
    await using again = await place.open()
    expect(await again.get(key(1))).toEqual(key(5))
  })

  storeTest('erasing leaves nothing, now and later, and a store that can be used', async (store, place) => {
    await store.write([put(key(1), key(5)), put(key(2), key(5))])
    await store.erase()
    expect(await store.list(all)).toEqual([])
    await store.write([put(key(3), key(6))])
    await store[Symbol.asyncDispose]()
    await using again = await place.open()
    expect(await again.list(all)).toEqual([{ key: key(3), value: key(6) }])
  })

  storeTest('a closed store refuses everything, and can be closed again', async (store) => {
    await store[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    await expect(store.get(key(1))).rejects.toEqual(storeError('closed'))
    await expect(store.list(all)).rejects.toEqual(storeError('closed'))
    await expect(store.write([put(key(1), key(1))])).rejects.toEqual(storeError('closed'))
    await expect(store.erase()).rejects.toEqual(storeError('closed'))
  })

  storeTest('a place that is open cannot be opened a second time until it is closed', async (store, place) => {
    await expect(place.open()).rejects.toEqual(storeError('in_use'))
    await store[Symbol.asyncDispose]()
    await using again = await place.open()
    expect(await again.get(key(1))).toBeUndefined()
  })
}
