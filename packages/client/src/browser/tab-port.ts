/** A connection between two tabs or workers of an origin, over a `BroadcastChannel` that only they know the name of. */

/** What a `MessagePort`, a `Worker` and a connection between tabs have in common. */
export type TabPort = {
  /** What is in `transfer` changes hands within a tab, and is copied between two. */
  postMessage(message: unknown, transfer?: Transferable[]): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  close(): void
}

const DATA = 'data'

/** Invariant: exactly two sides open a channel of this name. What comes after `close` is dropped. */
export class ChannelPort implements TabPort {
  readonly #channel: BroadcastChannel
  readonly #onSignal: (signal: string) => void
  readonly #listeners = new Set<(event: { readonly data: unknown }) => void>()
  #isClosed = false

  /** `onSignal` hears what the other side says with `signal`. */
  constructor(name: string, onSignal: (signal: string) => void) {
    this.#channel = new BroadcastChannel(name)
    this.#onSignal = onSignal
    this.#channel.addEventListener('message', (event: MessageEvent<unknown>) => this.#receive(event.data))
  }

  postMessage(message: unknown): void {
    if (!this.#isClosed) this.#channel.postMessage({ kind: DATA, data: message })
  }

  signal(signal: string): void {
    if (!this.#isClosed) this.#channel.postMessage({ kind: signal })
  }

  addEventListener(_type: 'message', listener: (event: { readonly data: unknown }) => void): void {
    this.#listeners.add(listener)
  }

  close(): void {
    this.#isClosed = true
    this.#channel.close()
  }

  #receive(message: unknown): void {
    if (this.#isClosed || typeof message !== 'object' || message === null || !('kind' in message)) return
    if (message.kind !== DATA) this.#onSignal(String(message.kind))
    else for (const listener of [...this.#listeners]) listener({ data: 'data' in message ? message.data : undefined })
  }
}
