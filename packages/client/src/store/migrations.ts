/**
 * How the records of an earlier version become those of this one. Which records a version has is fixed by
 * `migrations.test.ts`, which opens a store of each.
 */
import type { SealedChange, SealedStore } from './sealed-store.ts'

/**
 * Leads from one version to the next. Writes in pieces of bounded size, and returns the last of them, which is written
 * together with the number of the version. After a crash it runs again from its beginning: what it did already must not
 * disturb it.
 */
export type Migration = (store: SealedStore) => Promise<readonly SealedChange[]>

/** The first leads from version 1 to version 2. None is ever changed or removed. */
export const MIGRATIONS: readonly Migration[] = [withSearchLog]

/**
 * From version 2 on, whoever writes a message notes it for the search in the same write; a program that does not must not
 * write. What was there before is taken into the index when that is first opened.
 */
async function withSearchLog(): Promise<readonly SealedChange[]> {
  return []
}
