/**
 * Whether messages may still be added. They are refused while there is room for what makes room: deletions, their records,
 * checkpoints of the log. Imports types alone: the writer's thread starts quickly.
 */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

/** Of a message, besides data and authorisation: its row and its index entries. */
const OVERHEAD = 400

type DiskRoomOptions = {
  readonly path: string
  /** Of the database file; 0: no limit. */
  readonly maxBytes: number
  /** Left free on the disk: as much as the log can be, so that a checkpoint always succeeds. */
  readonly reserveBytes: number
}

export class DiskRoom {
  readonly #options: DiskRoomOptions
  readonly #pages
  #left = 0

  constructor(db: DatabaseSync, options: DiskRoomOptions) {
    this.#options = options
    this.#pages = db.prepare(`SELECT page_count * page_size AS size, freelist_count * page_size AS free
      FROM pragma_page_count, pragma_freelist_count, pragma_page_size`)
  }

  /** At the beginning of a transaction. */
  measure(): void {
    const { path, maxBytes, reserveBytes } = this.#options
    const row = this.#pages.get()
    const [size, free] = [Number(row?.['size']), Number(row?.['free'])]
    this.#left = maxBytes > 0 ? maxBytes - size + free : Number.POSITIVE_INFINITY
    if (reserveBytes === 0) return
    const { bavail, bsize } = statfsSync(dirname(path))
    this.#left = Math.min(this.#left, Math.max(0, bavail * bsize - reserveBytes) + free)
  }

  /** Takes the room of a message, if there is so much. */
  take(sizeBytes: number): boolean {
    if (this.#left < sizeBytes + OVERHEAD) return false
    this.#left -= sizeBytes + OVERHEAD
    return true
  }
}
