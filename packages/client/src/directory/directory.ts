/** Where the list of nodes comes from: a signed document of a native network, or what seeds and nodes of a compatible one say. */
import type { DirectoryView } from '@starling/protocol'
import type { Observable } from '@starling/runtime'
import type { SealedStore } from '../store/sealed-store.ts'

/** Why there is none, or why the last attempt to get a newer one failed. */
export type DirectoryProblem = 'unavailable' | 'wrong_network'

export interface Directory {
  /** `undefined` until there is one. Never goes back to nothing. */
  readonly view: Observable<DirectoryView | undefined>
  readonly problem: Observable<DirectoryProblem | undefined>
  /** Whether it is older than it should be. It is used on all the same. */
  readonly isStale: boolean
  /** What the disk holds. */
  load(): Promise<void>
  /** The erased store came back with another key: it gets what we have. */
  moveTo(store: SealedStore): Promise<void>
  /** Something says that what we have is old: fetch soon. */
  refreshSoon(): void
  /** Keeps it fresh until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}
