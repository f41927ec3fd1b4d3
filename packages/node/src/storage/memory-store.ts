/** The storage of a simulated node, on a `MemoryDisk`. It keeps the bytes it is given, without copying them. */
import { Buffer } from 'node:buffer'
import type { Owner, UnixMillis } from '@starling/protocol'
import { bucketOf, ITEM_ID_BYTES, itemIdOf, recordItemId } from './buckets.ts'
import { revokedTokensOf } from './change-record.ts'
import type { DiskSession, MemoryDisk, MemoryTables } from './memory-disk.ts'
import { dropRecord } from './memory-drop.ts'
import { toldMessage } from './memory-given.ts'
import { addHints, dropHint, dropHints, dueHints, findRecord } from './memory-hints.ts'
import { deleteMessage, type OwnerLimits, put, retrieve } from './memory-messages.ts'
import { applyRecord, expiredRecords } from './memory-records.ts'
import type { BucketDigest, BucketItem, NodeStore } from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'
import { sortedTexts } from './sorted.ts'

/** @throws {NodeStoreError} `io`, while another store has the disk. */
export async function openMemoryStore(disk: MemoryDisk, limits: OwnerLimits = {}): Promise<NodeStore> {
  const session = disk.attach()
  return {
    ...messageCalls(disk, session, limits),
    ...hintCalls(disk, session),
    ...comparisonCalls(disk, session),
    ...nodeCalls(disk, session),
  }
}

function messageCalls(disk: MemoryDisk, session: DiskSession, limits: OwnerLimits) {
  const read = reads(disk, session)
  const write = writes(disk, session)
  return {
    put: (message, origin = 'client') => write(() => put(disk, limits, message, origin)),
    retrieve: (query) => read((tables) => retrieve(tables, query)),
    apply: (record) => write(() => applyRecord(disk, record)),
    delete: (owner, hashes) =>
      write(({ tables }) => sortedTexts(hashes.filter((hash) => deleteMessage(tables, owner, hash)))),
    expiries: (owner, hashes) =>
      read((tables) => {
        const found = hashes
          .map((hash) => tables.messages.get(owner)?.get(hash))
          .filter((message) => message !== undefined)
        return new Map(found.map(({ hash, expiry }) => [hash, expiry]))
      }),
    revokedTokens: (owner) => read(({ records }) => revokedTokensOf(records.get(owner)?.values() ?? [])),
    deleteExpired: (now, limit) => write(({ tables }) => deleteExpired(tables, now, limit)),
  } satisfies Partial<NodeStore>
}

function hintCalls(disk: MemoryDisk, session: DiskSession) {
  const read = reads(disk, session)
  const write = writes(disk, session)
  return {
    addHints: (hints) => write(() => addHints(disk, hints)),
    dueHints: (options) => read((tables) => dueHints(tables, options)),
    hintedMembers: (now) =>
      read(({ hints }) => {
        const members = [...hints.values()].filter((hint) => hint.expiry > now).map(({ member }) => member)
        return sortedTexts(new Set(members))
      }),
    settleHints: (ids) =>
      write(({ tables }) => {
        for (const id of ids) dropHint(tables, id)
      }),
    postponeHints: (ids, until) =>
      write(({ tables: { hints } }) => {
        for (const id of ids) {
          const hint = hints.get(id)
          if (hint) hints.set(id, { ...hint, due: until, attempts: hint.attempts + 1 })
        }
      }),
    dropHintsOf: (member) => write(({ tables }) => dropHints(tables, (hint) => hint.member === member)),
  } satisfies Partial<NodeStore>
}

function comparisonCalls(disk: MemoryDisk, session: DiskSession) {
  const read = reads(disk, session)
  const write = writes(disk, session)
  return {
    owners: ({ after, limit }) =>
      read(({ messages, records }) => {
        return sortedTexts(new Set([...messages.keys(), ...records.keys()]))
          .filter((owner) => after === undefined || owner > after)
          .slice(0, limit)
      }),
    hashesOf: (owner) =>
      read(({ messages }) => [...(messages.get(owner)?.values() ?? [])].map(({ hash, expiry }) => ({ hash, expiry }))),
    recordsOf: (owner) => read(({ records }) => [...(records.get(owner)?.values() ?? [])]),
    digests: () => read((tables) => digests(tables)),
    itemsIn: (bucket, { after, limit }) =>
      read((tables) => {
        const items = itemsOf(tables).filter(({ owner }) => bucketOf(owner) === bucket)
        const later = items.filter(({ id }) => after === undefined || Buffer.compare(id, after) > 0)
        return later.sort((a, b) => Buffer.compare(a.id, b.id)).slice(0, limit)
      }),
    messagesByItem: (items) =>
      read((tables) => {
        const wanted = new Set(items.map(({ bucket, id }) => itemKey(bucket, id)))
        const all = [...tables.messages.values()].flatMap((held) => [...held.values()])
        const found = all.filter(({ owner, hash }) => wanted.has(itemKey(bucketOf(owner), itemIdOf(hash))))
        return found.map((message) => toldMessage(tables, message))
      }),
    recordsById: (ids) =>
      read((tables) => ids.map((id) => findRecord(tables, id)).filter((record) => record !== undefined)),
    forget: (owner, { hashes, records }) =>
      write(({ tables }) => {
        for (const hash of hashes) deleteMessage(tables, owner, hash)
        for (const id of records) dropRecord(tables, { owner, id })
      }),
  } satisfies Partial<NodeStore>
}

function nodeCalls(disk: MemoryDisk, session: DiskSession) {
  const read = reads(disk, session)
  const write = writes(disk, session)
  let closing: Promise<void> | undefined
  return {
    getValue: (key) => read(({ values }) => values.get(key)),
    setValue: (key, value) =>
      write(({ tables: { values } }) => {
        if (!values.has(key)) disk.assertRoom()
        values.set(key, value)
      }),
    stats: () =>
      read(({ messages, records, hints }) => {
        const all = [...messages.values()].flatMap((held) => [...held.values()])
        const sizeBytes = all.reduce((sum, { data, authorisation }) => sum + data.length + authorisation.length, 0)
        const recordCount = [...records.values()].reduce((sum, held) => sum + held.size, 0)
        return { messages: all.length, records: recordCount, hints: hints.size, sizeBytes }
      }),
    [Symbol.asyncDispose]: () => {
      closing ??= disk.detach(session)
      return closing
    },
  } satisfies Partial<NodeStore>
}

function reads(disk: MemoryDisk, session: DiskSession) {
  return async <T>(query: (tables: MemoryTables) => T): Promise<T> => {
    if (session.closing) throw new NodeStoreError('closed')
    return query(disk.tables)
  }
}

function writes(disk: MemoryDisk, session: DiskSession) {
  return async <T>(apply: (disk: MemoryDisk) => T): Promise<T> => {
    if (session.closing) throw new NodeStoreError('closed')
    return disk.write(session, apply)
  }
}

function deleteExpired(tables: MemoryTables, now: UnixMillis, limit: number): number {
  const messages = [...tables.messages.values()].flatMap((held) => [...held.values()])
  const gone = messages.filter(({ expiry }) => expiry <= now).slice(0, limit)
  for (const { owner, hash } of gone) deleteMessage(tables, owner, hash)
  const records = expiredRecords(tables, now, limit - gone.length)
  for (const { owner, id } of records) dropRecord(tables, { owner, id })
  const left = limit - gone.length - records.length
  const hints = [...tables.hints.values()].filter(({ expiry }) => expiry <= now).slice(0, left)
  for (const { id } of hints) dropHint(tables, id)
  return gone.length + records.length + hints.length
}

function digests(tables: MemoryTables): ReadonlyMap<number, BucketDigest> {
  const found = new Map<number, { count: number; digest: Uint8Array }>()
  for (const { id, owner } of itemsOf(tables)) {
    const bucket = bucketOf(owner)
    const entry = found.get(bucket) ?? { count: 0, digest: new Uint8Array(ITEM_ID_BYTES) }
    entry.count++
    for (const [index, byte] of id.entries()) entry.digest[index]! ^= byte
    found.set(bucket, entry)
  }
  return found
}

function itemsOf({ messages, records }: MemoryTables): BucketItem[] {
  const entries = <T>(tables: ReadonlyMap<Owner, ReadonlyMap<string, T>>) =>
    [...tables].flatMap(([owner, held]) => [...held.values()].map((value) => ({ owner, value })))
  return [
    ...entries(messages).map(({ owner, value }) => ({ id: itemIdOf(value.hash), kind: 'message' as const, owner })),
    ...entries(records).map(({ owner, value }) => ({ id: recordItemId(value.id), kind: 'record' as const, owner })),
  ]
}

const itemKey = (bucket: number, id: Uint8Array): string => `${bucket} ${Buffer.from(id).toString('hex')}`
