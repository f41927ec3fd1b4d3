/**
 * What directories of both kinds have in common: the document is on the disk before it is published, is used on when it is
 * stale, and moves with the store. Where it comes from, and what it is worth, is said by those that extend this.
 */
import { type DirectoryDocument, DirectoryView, documentFreshness, encodeDocument } from '@starling/protocol'
import { type Clock, MutableObservable, type Observable } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { RecordName, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import { WakeUp } from '../wake-up.ts'
import type { Directory, DirectoryProblem } from './directory.ts'

export type DocumentKeeperOptions = { readonly clock: Clock; readonly time: NetworkTime }

export abstract class DocumentKeeper implements Directory {
  /** Ends the wait for the next fetch. */
  protected readonly wakeUp: WakeUp
  readonly #time: NetworkTime
  readonly #name: RecordName
  readonly #view = new MutableObservable<DirectoryView | undefined>(undefined)
  readonly #problem = new MutableObservable<DirectoryProblem | undefined>(undefined)
  #store: SealedStore

  /** `partition`: of the record on the disk. */
  constructor({ clock, time }: DocumentKeeperOptions, store: SealedStore, partition: string) {
    this.wakeUp = new WakeUp(clock)
    this.#time = time
    this.#store = store
    this.#name = { table: TABLES.singletons, partition, sort: new Uint8Array() }
  }

  get view(): Observable<DirectoryView | undefined> {
    return this.#view
  }

  get problem(): Observable<DirectoryProblem | undefined> {
    return this.#problem
  }

  /** Whether the document has expired by the network's time. */
  get isStale(): boolean {
    const { document } = this
    return document !== undefined && documentFreshness(document, this.#time.now()) === 'stale'
  }

  async load(): Promise<void> {
    const encoded = await this.#store.get(this.#name)
    const document = encoded && this.readStored(encoded)
    if (document !== undefined) this.#publish(document)
  }

  async moveTo(store: SealedStore): Promise<void> {
    this.#store = store
    if (this.document !== undefined) await this.#persist(this.document)
  }

  refreshSoon(): void {
    this.wakeUp.wake()
  }

  abstract run(signal: AbortSignal): Promise<void>

  protected get document(): DirectoryDocument | undefined {
    return this.#view.snapshot?.document
  }

  /** It takes the place of the one before. */
  protected async take(document: DirectoryDocument): Promise<void> {
    await this.#persist(document)
    this.#publish(document)
  }

  protected setProblem(problem: DirectoryProblem | undefined): void {
    this.#problem.set(problem)
  }

  /** What the disk holds; `undefined`, if it is not to be used. */
  protected abstract readStored(encoded: Uint8Array): DirectoryDocument | undefined

  /** What a document that is about to be published says of the time. */
  protected abstract learnTime(document: DirectoryDocument): void

  async #persist(document: DirectoryDocument): Promise<void> {
    await this.#store.write([{ kind: 'put', name: this.#name, value: encodeDocument(document) }])
  }

  #publish(document: DirectoryDocument): void {
    this.learnTime(document)
    this.#view.set(new DirectoryView(document))
  }
}
