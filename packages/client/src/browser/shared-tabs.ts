/**
 * One of the tabs of an origin leads, and the others use what it has, say its client. Invariants: at most one tab leads,
 * whoever holds the Web Lock `name`; when it goes, however it goes, the next in line leads. A tab's connection is named by a
 * lock of its own, which the leader waits for: so it learns that a tab has gone. Browsers do not freeze tabs that hold locks.
 */
import { MutableObservable, type Observable } from '@starling/runtime'
import { ChannelPort, type TabPort } from './tab-port.ts'

/** `waiting`: not known yet. */
export type TabRole = 'waiting' | 'leading' | 'following'

/** What the leading tab has for all of them. */
export interface SharedService extends AsyncDisposable {
  /** Serves a tab, also the leading one, until the port is closed. Of a tab that went away nothing more comes. */
  serve(port: TabPort): void
  /** The tab behind this port is gone. */
  gone(port: TabPort): void
}

export type SharedTabsOptions = {
  /** Of the lock and of the channel; one for each service. */
  readonly name: string
  /** This tab leads now. Called once. */
  readonly lead: () => SharedService
}

const LEADS = 'leads'
const HELLO = 'hello'
const WELCOME = 'welcome'

export class SharedTabs implements AsyncDisposable {
  readonly #role = new MutableObservable<TabRole>('waiting')
  readonly #port = new MutableObservable<TabPort | undefined>(undefined)
  readonly #options: SharedTabsOptions
  readonly #channel: BroadcastChannel
  readonly #life = new AbortController()
  readonly #guests = new Map<string, ChannelPort>()
  #connection: { readonly port: ChannelPort; readonly letGo: () => void } | undefined
  #service: SharedService | undefined
  #ended: Promise<unknown> = Promise.resolve()

  private constructor(options: SharedTabsOptions) {
    this.#options = options
    this.#channel = new BroadcastChannel(options.name)
    this.#channel.addEventListener('message', (event: MessageEvent<unknown>) => this.#hear(event.data))
  }

  /** Takes the lead if it is free, else stands in line for it and uses whoever leads. */
  static start(options: SharedTabsOptions): SharedTabs {
    const tabs = new SharedTabs(options)
    tabs.#ended = tabs.#stand()
    return tabs
  }

  get role(): Observable<TabRole> {
    return this.#role
  }

  /**
   * The connection to the service; another one whenever another tab leads: what was not answered over the one before never
   * will be. `undefined` until there is one.
   */
  get port(): Observable<TabPort | undefined> {
    return this.#port
  }

  /** Ends the service if this tab leads, and leaves the line. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort()
    await this.#ended
    this.#disconnect()
    this.#channel.close()
  }

  async #stand(): Promise<void> {
    const { name } = this.#options
    const led = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await this.#lead()
      return lock !== null
    })
    if (led || this.#life.signal.aborted) return
    this.#role.set('following')
    this.#connect()
    try {
      await navigator.locks.request(name, { signal: this.#life.signal }, () => this.#lead())
    } catch (error) {
      if (!this.#life.signal.aborted) throw error
    }
  }

  /** Resolves when this tab leads no more. */
  async #lead(): Promise<void> {
    this.#disconnect()
    const service = this.#options.lead()
    this.#service = service
    const { port1, port2 } = new MessageChannel()
    service.serve(localPort(port1))
    this.#port.set(localPort(port2))
    this.#role.set('leading')
    this.#channel.postMessage({ kind: LEADS })
    await aborted(this.#life.signal)
    for (const guest of this.#guests.values()) guest.close()
    this.#guests.clear()
    for (const port of [port1, port2]) port.close()
    this.#service = undefined
    await service[Symbol.asyncDispose]()
  }

  #hear(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('kind' in message) || this.#life.signal.aborted) return
    if (message.kind === LEADS && this.#role.snapshot === 'following') this.#connect()
    if (message.kind === HELLO && 'id' in message && typeof message.id === 'string') this.#welcome(message.id)
  }

  /** Introduces this tab to whoever leads. Nobody answers before there is a leader, who then says so. */
  #connect(): void {
    this.#disconnect()
    const id = crypto.randomUUID()
    const held = Promise.withResolvers<void>()
    const port = new ChannelPort(this.#nameOf(id), (signal) => {
      if (signal === WELCOME && this.#connection === connection) this.#port.set(port)
    })
    const connection = { port, letGo: held.resolve }
    this.#connection = connection
    void navigator.locks.request(this.#nameOf(id), () => {
      if (this.#connection === connection) this.#channel.postMessage({ kind: HELLO, id })
      return held.promise
    })
  }

  #disconnect(): void {
    this.#port.set(undefined)
    this.#connection?.port.close()
    this.#connection?.letGo()
    this.#connection = undefined
  }

  #welcome(id: string): void {
    const service = this.#service
    if (service === undefined || this.#guests.has(id)) return
    const port = new ChannelPort(this.#nameOf(id), () => undefined)
    this.#guests.set(id, port)
    // First: what the service says before is not heard.
    port.signal(WELCOME)
    service.serve(port)
    // The tab holds this lock for as long as it lives.
    navigator.locks
      .request(this.#nameOf(id), { signal: this.#life.signal }, async () => undefined)
      .then(
        () => {
          this.#guests.delete(id)
          port.close()
          service.gone(port)
        },
        // Only this tab's own end calls it off.
        () => port.close(),
      )
  }

  #nameOf(id: string): string {
    return `${this.#options.name}.${id}`
  }
}

function localPort(port: MessagePort): TabPort {
  port.start()
  return {
    postMessage: (message, transfer = []) => port.postMessage(message, transfer),
    addEventListener: (type, listener) => port.addEventListener(type, listener),
    close: () => port.close(),
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
