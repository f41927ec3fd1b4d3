/**
 * That an account is being taken from an archive: while this record is there, what the store has is not all of it, and goes
 * when the client is opened the next time.
 */
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'

const NAME = { table: TABLES.singletons, partition: 'importing', sort: new Uint8Array() }

export const beginImport: SealedChange = { kind: 'put', name: NAME, value: new Uint8Array() }
export const endImport: SealedChange = { kind: 'delete', name: NAME }

/** @throws {StoreError} */
export async function isHalfImported(store: SealedStore): Promise<boolean> {
  return (await store.get(NAME)) !== undefined
}
