/** A history whose client is behind a port. When another client answers, it is opened there again, at the same place. */
import type { History, HistorySnapshot, MessageId } from '@starling/client'
import { createStore, type Store } from '../state/store.ts'
import { type CallOptions, LEADER_CHANGED } from './connection.ts'
import { RemoteError } from './error-record.ts'
import type { HandleId } from './messages.ts'
import type { HistoryMethod } from './methods.ts'

/** What of the port a history needs. */
export type HistoryPort = {
  /** Opens it at the client that answers, and tells its first state before it resolves. `again`: only at the one that answers now. */
  open(
    onState: (snapshot: HistorySnapshot) => void,
    options?: CallOptions & { readonly again?: boolean },
  ): Promise<HandleId>
  call(handle: HandleId, method: HistoryMethod, args: readonly unknown[], options?: CallOptions): Promise<unknown>
  /** Forgets who hears the states. */
  forget(handle: HandleId): void
}

/** Pages that are loaded at most to find the place again: beyond, the window is moved there. */
const MOST_PAGES_BACK = 24

export class RemoteHistory implements History {
  readonly #port: HistoryPort
  readonly #state: Store<HistorySnapshot>
  readonly #onDispose: (history: RemoteHistory) => void
  /** Resolves with the handle when the history is open and at its place. */
  #handle: Promise<HandleId>
  #isDisposed = false

  private constructor(options: {
    readonly port: HistoryPort
    readonly state: Store<HistorySnapshot>
    readonly handle: Promise<HandleId>
    readonly onDispose: (history: RemoteHistory) => void
  }) {
    this.#port = options.port
    this.#state = options.state
    this.#handle = options.handle
    this.#onDispose = options.onDispose
  }

  static async open(
    port: HistoryPort,
    { onDispose, ...options }: { readonly onDispose: (history: RemoteHistory) => void } & CallOptions,
  ): Promise<RemoteHistory> {
    const state = createStore<HistorySnapshot>({ messages: [], hasOlder: false, hasNewer: false, unread: 0 })
    const handle = await port.open((snapshot) => state.set(snapshot), options)
    return new RemoteHistory({ port, state, handle: Promise.resolve(handle), onDispose })
  }

  get state(): Store<HistorySnapshot> {
    return this.#state
  }

  /** Another client answers now. Until it is where this one was, the last state stays. */
  reopen(): void {
    this.#handle = this.#openAgain()
    // Who calls next hears of it; the conversation is gone, or there is no session.
    this.#handle.catch(() => {})
  }

  async loadOlder(options?: CallOptions): Promise<void> {
    await this.#call('loadOlder', [], options)
  }

  async loadNewer(options?: CallOptions): Promise<void> {
    await this.#call('loadNewer', [], options)
  }

  async jumpToLatest(options?: CallOptions): Promise<void> {
    await this.#call('jumpToLatest', [], options)
  }

  async jumpTo(message: MessageId, options?: CallOptions): Promise<boolean> {
    return (await this.#call('jumpTo', [message], options)) === true
  }

  async markRead(upTo: MessageId, options?: CallOptions): Promise<void> {
    await this.#call('markRead', [upTo], options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDisposed) return
    this.#isDisposed = true
    this.#onDispose(this)
    try {
      const handle = await this.#handle
      await this.#port.call(handle, 'dispose', [])
      this.#port.forget(handle)
    } catch {
      // The client that had it is gone, and with it the history.
    }
  }

  /** All of it can be asked twice; a client that went away in between is not heard of. */
  async #call(method: HistoryMethod, args: readonly unknown[], options?: CallOptions): Promise<unknown> {
    for (;;) {
      const asked = this.#handle
      try {
        return await this.#port.call(await asked, method, args, options)
      } catch (error) {
        if (!isLeaderChange(error) || this.#handle === asked) throw error
      }
    }
  }

  async #openAgain(): Promise<HandleId> {
    const before = this.#state.snapshot
    let isAtPlace = false
    let now = before
    const listen = (snapshot: HistorySnapshot): void => {
      now = snapshot
      if (isAtPlace && !this.#isDisposed) this.#state.set(snapshot)
    }
    const handle = await this.#port.open(listen, { again: true })
    await this.#goBack(handle, before, () => now)
    isAtPlace = true
    if (!this.#isDisposed) this.#state.set(now)
    return handle
  }

  async #goBack(handle: HandleId, before: HistorySnapshot, now: () => HistorySnapshot): Promise<void> {
    const { messages } = before
    const oldest = messages[0]?.id
    const isThere = () => oldest === undefined || now().messages.some(({ id }) => id === oldest)
    for (let page = 0; page < MOST_PAGES_BACK && !before.hasNewer && !isThere() && now().hasOlder; page++) {
      await this.#port.call(handle, 'loadOlder', [])
    }
    const middle = messages[Math.floor(messages.length / 2)]
    if (!isThere() && middle !== undefined) await this.#port.call(handle, 'jumpTo', [middle.id])
  }
}

function isLeaderChange(error: unknown): boolean {
  return error instanceof RemoteError && error.code === LEADER_CHANGED
}
