/** Stores, messages and times that the tests of every adapter of the port `NodeStore` share. */
import {
  type MessageHash,
  parseMessageHash,
  parseNamespace,
  parseNodeId,
  parseOwner,
  toBase64Unpadded,
  unixMillis,
} from '@starling/protocol'
import type { NodeStore, RetrieveQuery, StoredMessage, StoreTuning } from './node-store.ts'

export type StoreUnderTest = {
  readonly store: NodeStore
  /** Disposes of the store that is open and opens the same disk again. */
  reopen(): Promise<NodeStore>
}
export type CreateStore = (limits?: Pick<StoreTuning, 'maxOwnerBytes' | 'maxOwnerMessages'>) => Promise<StoreUnderTest>

export const NOW = unixMillis(1_700_000_000_000)
export const LATER = unixMillis(NOW + 1000)
export const EXPIRY = unixMillis(NOW + 60_000)
export const ALICE = parseOwner(`05${'aa'.repeat(32)}`)
export const BOB = parseOwner(`05${'bb'.repeat(32)}`)
export const MEMBER = parseNodeId('11'.repeat(32))
/** Everything of Alice's inbox. */
export const ALL = {
  owner: ALICE,
  namespace: parseNamespace(0),
  now: NOW,
  sizeBudget: 1e9,
  countLimit: 1e6,
} satisfies RetrieveQuery

/** A hash that differs for every number of 0 … 2^32 − 1, in an order that is not that of the numbers. */
export function hashOf(number: number): MessageHash {
  const bytes = new Uint8Array(32).fill(7)
  new DataView(bytes.buffer).setUint32(0, Math.imul(number, 0x9e3779b1))
  return parseMessageHash(toBase64Unpadded(bytes))
}

/** Message number `number`, of Alice; its data say the number. */
export function storedMessage(number: number, change: Partial<StoredMessage> = {}): StoredMessage {
  const data = new TextEncoder().encode(`message ${number}`)
  const timestamp = unixMillis(NOW - number)
  const authorisation = new Uint8Array([1, number & 255])
  const { owner, namespace } = ALL
  const storedAt = unixMillis(NOW + number)
  return { hash: hashOf(number), owner, namespace, timestamp, expiry: EXPIRY, data, authorisation, storedAt, ...change }
}

export async function hashes(store: NodeStore, change: Partial<RetrieveQuery> = {}): Promise<MessageHash[]> {
  return (await store.retrieve({ ...ALL, ...change })).messages.map(({ hash }) => hash)
}

export const byHash = (a: { hash: string }, b: { hash: string }) => (a.hash < b.hash ? -1 : 1)
