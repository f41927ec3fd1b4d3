/** One tab at a time holds the account. Web Locks decide which; a channel lets the others ask for it politely. */
import { createStore, type Snapshots } from './store.ts'

/** `waiting`: not known yet · `elsewhere`: another tab has it. */
export type Leadership = 'waiting' | 'leading' | 'elsewhere'

export interface LeadershipModel extends Snapshots<Leadership> {
  /** Asks the other tab to let go, and takes the account from it if it does not. */
  take(): Promise<void>
}

export type LeadershipPorts = {
  readonly locks: {
    request(name: string, options: LockOptions, hold: (lock: Lock | null) => Promise<void>): Promise<unknown>
  }
  readonly channel: Pick<BroadcastChannel, 'postMessage' | 'addEventListener'>
  /** What the tab does before it lets go. */
  readonly release: () => Promise<void>
  readonly sleep: (delayMs: number) => Promise<void>
}

const lockName = 'starling.account'
const letGo = 'let go'
/** A tab that is frozen in the background does not answer; then its lock is stolen. */
const patienceMs = 1_500

/** Takes the lead if it is free, else waits in line: a tab that becomes the last one takes over by itself. */
export function createLeadership(ports: LeadershipPorts): LeadershipModel {
  const tab = new Tab(ports)
  void tab.run()
  return {
    get snapshot() {
      return tab.state.snapshot
    },
    subscribe: tab.state.subscribe,
    take: () => tab.take(),
  }
}

class Tab {
  readonly state = createStore<Leadership>('waiting')
  readonly #ports: LeadershipPorts
  #release: (() => void) | undefined
  #inLine = new AbortController()
  /** How to ask for the lock next, if not by waiting in line. */
  #next: LockOptions | undefined

  constructor(ports: LeadershipPorts) {
    this.#ports = ports
    ports.channel.addEventListener('message', (event) => {
      if (event.data === letGo && this.#release !== undefined) void this.#lose(this.#release)
    })
  }

  /** Ends only where the browser has no locks for us: then this tab leads, and others cannot know. */
  async run(): Promise<void> {
    let options: LockOptions = { ifAvailable: true }
    while (await this.#request(options)) {
      this.#inLine = new AbortController()
      options = this.#next ?? { signal: this.#inLine.signal }
      this.#next = undefined
    }
    this.state.set('leading')
  }

  async take(): Promise<void> {
    this.#ports.channel.postMessage(letGo)
    await this.#ports.sleep(patienceMs)
    if (this.state.snapshot === 'leading') return
    this.#next = { steal: true }
    this.#inLine.abort()
  }

  /** Resolves when this tab has the lock no longer, or did not get it; to false, if there are no locks. */
  async #request(options: LockOptions): Promise<boolean> {
    try {
      await this.#ports.locks.request(lockName, options, (lock) => (lock === null ? this.#stand() : this.#hold()))
      return true
    } catch {
      // The lock was stolen, or the place in line was given up in order to steal.
      if (this.#release !== undefined) await this.#lose(this.#release)
      return this.state.snapshot !== 'waiting'
    }
  }

  async #stand(): Promise<void> {
    this.state.set('elsewhere')
  }

  async #hold(): Promise<void> {
    const held = Promise.withResolvers<void>()
    this.#release = held.resolve
    this.state.set('leading')
    await held.promise
  }

  async #lose(release: () => void): Promise<void> {
    this.#release = undefined
    this.state.set('elsewhere')
    await this.#ports.release()
    release()
  }
}
