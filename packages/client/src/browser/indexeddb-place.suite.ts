/** A place for an IndexedDB store, wherever there is an IndexedDB. */
import { millis } from '@starling/protocol'
import { systemClock } from '@starling/runtime'
import { deleteDB } from 'idb'
import type { StorePlace } from '../store/local-store.suite.ts'
import { openIndexedDbStore } from './indexeddb-store.ts'

let places = 0

export async function createIndexedDbPlace(): Promise<StorePlace> {
  const name = `test-${places++}`
  return {
    open: () => openIndexedDbStore({ name, clock: systemClock(), patience: millis(100) }),
    remove: () => deleteDB(name),
  }
}
