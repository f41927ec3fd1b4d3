/** Guards on the disk: who they are, since when, and until when they are kept. docs/protocol/paths.md §1. */
import { days, type NodeId, parseNodeId, type RandomBytes, type UnixMillis, unixMillis } from '@starling/protocol'
import { randomInteger } from '@starling/runtime'
import * as z from 'zod/mini'
import { jsonRecord, Singleton } from '../store/json-record.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'

/** Guards that change often are met by many; and two that change at once are chosen by whoever is there just then. */
const SHORTEST_LIFE = days(30)
const LONGEST_LIFE = days(60)

export type KeptGuard = { readonly node: NodeId; readonly since: UnixMillis; readonly until: UnixMillis }

const guardList = new Singleton(
  { table: TABLES.singletons, partition: 'guards' },
  jsonRecord(
    z.array(
      z.object({ node: z.string().check(z.regex(/^[0-9a-f]{64}$/)), since: z.int(), until: z.optional(z.int()) }),
    ),
  ),
)

/** A guard from `now` on, for 30 to 60 days. */
export function newGuard(node: NodeId, now: UnixMillis, random: RandomBytes): KeptGuard {
  const life = SHORTEST_LIFE + randomInteger(random, LONGEST_LIFE - SHORTEST_LIFE)
  return { node, since: now, until: unixMillis(now + life) }
}

/** Those whose time is not over; a clock that is behind when they were chosen makes no guard last for ever. */
export async function loadGuards(store: SealedStore, now: UnixMillis): Promise<readonly KeptGuard[]> {
  const stored = (await guardList.get(store)) ?? []
  return stored
    .map(({ node, since, until = since + SHORTEST_LIFE }) => ({
      node: parseNodeId(node),
      since: unixMillis(since),
      until: unixMillis(until),
    }))
    .filter(({ until }) => until > now && until <= now + LONGEST_LIFE)
}

export async function storeGuards(store: SealedStore, guards: readonly KeptGuard[]): Promise<void> {
  await store.write([guardList.put(guards.map((guard) => ({ ...guard })))])
}
