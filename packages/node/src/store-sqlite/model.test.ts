/** The SQLite store does what the memory store does, whatever is asked of them in whatever order. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { millis, type Owner, parseNamespace, parseOwner, unixMillis } from '@starling/protocol'
import { silentLogger } from '@starling/runtime'
import { VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { bucketOf } from '../storage/buckets.ts'
import type { Change } from '../storage/change-record.ts'
import { MemoryDisk } from '../storage/memory-disk.ts'
import { openMemoryStore } from '../storage/memory-store.ts'
import type { NodeStore } from '../storage/node-store.ts'
import { changeRecord, recordId, token } from '../storage/records.suite.ts'
import { ALICE, byHash, hashOf, MEMBER, NOW, storedMessage } from '../storage/store-fixture.suite.ts'
import { openSqliteStore } from './sqlite-store.ts'

type Call = (store: NodeStore) => Promise<unknown>

const LIMITS = { maxOwnerMessages: 6, maxOwnerBytes: 200 }
const OWNERS: readonly Owner[] = [ALICE, parseOwner(`05${'aa'.repeat(31)}ab`), parseOwner(`05c0${'00'.repeat(31)}`)]
const NAMESPACES = [0, 5, -10].map(parseNamespace)

const number = fc.nat(7)
const numbers = fc.uniqueArray(number, { maxLength: 4 })
const owner = fc.constantFrom(...OWNERS)
const namespace = fc.constantFrom(...NAMESPACES)
const namespaces = fc.oneof(namespace, fc.constant('all' as const))
/** All times of the test: when something is stored, changed, sent or expires. */
const time = fc.nat(9).map((offset) => unixMillis(NOW + offset))

const change: fc.Arbitrary<Change> = fc.oneof(
  numbers.map((some) => ({ kind: 'delete' as const, hashes: some.map(hashOf) })),
  fc.record({ kind: fc.constant('deleteAll' as const), namespace: namespaces }),
  fc.record({ kind: fc.constant('deleteAll' as const), namespace: namespaces, before: time }),
  fc.record({
    kind: fc.constant('expire' as const),
    mode: fc.constantFrom('set' as const, 'shorten' as const, 'extend' as const),
    expiries: fc
      .uniqueArray(fc.tuple(number, time), { maxLength: 4, selector: ([n]) => n })
      .map((some) => some.map(([n, expiry]) => ({ hash: hashOf(n), expiry }))),
  }),
  fc.record({ kind: fc.constant('expireAll' as const), namespace: namespaces, expiry: time }),
  fc.record({
    kind: fc.constantFrom('revoke' as const, 'unrevoke' as const),
    tokens: numbers.map((some) => some.map(token)),
  }),
)

/** A message has one owner, one namespace and one content, as its hash says. */
const message = fc.record({ number, timestamp: time, expiry: time, storedAt: time }).map(({ number: n, ...times }) =>
  storedMessage(n, {
    ...times,
    owner: ownerOf(n),
    namespace: NAMESPACES[n % 2]!,
    data: new Uint8Array((37 * n) % 90),
  }),
)
const ownerOf = (n: number): Owner => OWNERS[n % OWNERS.length]!

const calls: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(message, fc.constantFrom('client' as const, 'peer' as const)).map(
      ([put, origin]): Call =>
        (store) =>
          store.put(put, origin),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(number, fc.nat(9), change).map(
      ([n, at, what]): Call =>
        (store) =>
          store.apply(changeRecord(n, at, what, { owner: ownerOf(n), expiry: unixMillis(NOW + at + 3) })),
    ),
  },
  fc.tuple(owner, numbers).map(
    ([whose, some]): Call =>
      (store) =>
        store.delete(whose, some.map(hashOf)),
  ),
  fc.tuple(owner, numbers, numbers).map(
    ([whose, some, records]): Call =>
      (store) =>
        store.forget(whose, { hashes: some.map(hashOf), records: records.map(recordId) }),
  ),
  time.map(
    (now): Call =>
      async (store) => {
        let total = 0
        for (let deleted = -1; deleted !== 0; total += deleted) deleted = await store.deleteExpired(now, 100)
        return total + 1
      },
  ),
  fc.tuple(number, time).map(
    ([n, expiry]): Call =>
      (store) =>
        store.addHints([
          { member: MEMBER, expiry, work: { kind: 'message', owner: ownerOf(n), hash: hashOf(n) } },
          { member: MEMBER, expiry, work: { kind: 'record', id: recordId(n) } },
        ]),
  ),
  fc.tuple(owner, namespace, fc.option(number), fc.boolean(), time, fc.nat(2)).map(
    ([whose, where, after, reverse, now, more]): Call =>
      (store) =>
        store.retrieve({
          owner: whose,
          namespace: where,
          reverse,
          now,
          sizeBudget: 1e6,
          countLimit: 1 + more,
          ...(after !== null && { after: hashOf(after) }),
        }),
  ),
)

test('every sequence of calls has the same outcome as in the memory store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-store-'))
  let run = 0
  const property = fc.asyncProperty(fc.array(calls, { minLength: 5, maxLength: 60 }), async (sequence) => {
    const path = join(folder, `${run++}.sqlite`)
    const disk = new MemoryDisk({ clock: new VirtualClock(), writeDelay: millis(0) })
    await using model = await openMemoryStore(disk, LIMITS)
    const tuning = { maxBytes: 0, groupDelay: millis(0), ...LIMITS }
    await using store = await openSqliteStore({ path, logger: silentLogger, tuning })
    const [real, expected] = await Promise.all([outcomes(store, sequence), outcomes(model, sequence)])
    expect(real).toEqual(expected)
    expect(await everything(store)).toEqual(await everything(model))
  })
  try {
    await fc.assert(property, { numRuns: 40 })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

async function outcomes(store: NodeStore, sequence: readonly Call[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(sequence.filter((_, index) => index % 2 === 0).map((call) => call(store)))
  const rest: unknown[] = []
  for (const call of sequence.filter((_, index) => index % 2 === 1)) {
    rest.push(await call(store).catch((error: { readonly code: unknown }) => error.code))
  }
  return [...settled.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code)), ...rest]
}

async function everything(store: NodeStore): Promise<unknown> {
  const { messages, records, hints } = await store.stats()
  const digests = [...(await store.digests())].sort(([a], [b]) => a - b)
  const buckets = [...new Set(OWNERS.map(bucketOf))]
  const items = await Promise.all(buckets.map((bucket) => store.itemsIn(bucket, { limit: 100 })))
  const told = buckets.flatMap((bucket, index) => items[index]!.map(({ id }) => ({ bucket, id })))
  const ofOwners = OWNERS.map(async (each) => [
    await store.hashesOf(each),
    await store.recordsOf(each),
    await store.revokedTokens(each),
    ...(await Promise.all(
      NAMESPACES.map((where) =>
        store.retrieve({ owner: each, namespace: where, now: unixMillis(0), sizeBudget: 1e6, countLimit: 100 }),
      ),
    )),
  ])
  const due = await store.dueHints({ member: MEMBER, now: NOW, limit: 100 })
  return plain({
    counts: { messages, records, hints },
    owners: await store.owners({ limit: 10 }),
    digests,
    items,
    ofOwners: await Promise.all(ofOwners),
    told: (await store.messagesByItem(told)).toSorted(byHash),
    due: due.map(({ work }) => work),
  })
}

/** Kinds of byte arrays differ between stores. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Map) return [...value].map(plain)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
