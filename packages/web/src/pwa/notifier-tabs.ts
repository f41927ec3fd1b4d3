/**
 * What the tabs of an account agree on, so that somebody is told once: which of them tells, and what is looked at in any of
 * them. Both are Web Locks, which a tab gives back however it goes.
 */
export type TabLocks = Pick<LockManager, 'request' | 'query'>

export class NotifierTabs {
  readonly #locks: TabLocks | undefined
  #scope = ''
  #isFirst = false
  #watched: { readonly name: string; readonly letGo: () => void } | undefined

  /** Without locks, every tab is the only one. */
  constructor(locks: TabLocks | undefined) {
    this.#locks = locks
  }

  /** Stands in line to be the tab that tells of what happens in `scope`, one for each account; returns what ends that. */
  join(scope: string): () => void {
    const life = new AbortController()
    const left = Promise.withResolvers<void>()
    this.#scope = scope
    this.#locks
      ?.request(this.#name('tells'), { signal: life.signal }, () => {
        this.#isFirst = !life.signal.aborted
        return left.promise
      })
      // Only this tab's own end calls it off.
      .catch(() => {})
    return () => {
      life.abort()
      left.resolve()
      this.#isFirst = false
      this.watch(undefined)
    }
  }

  /** Somebody looks at this here now; `undefined`: at nothing that could be told of. */
  watch(tag: string | undefined): void {
    const name = tag === undefined ? undefined : this.#name(`watches.${tag}`)
    if (name === this.#watched?.name) return
    this.#watched?.letGo()
    this.#watched = undefined
    if (name === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#watched = { name, letGo: resolve }
    // It is never called off: who looks away first gives it back as soon as it is granted.
    void this.#locks?.request(name, { mode: 'shared' }, () => promise)
  }

  /** Whether it is this tab that tells of it. Nobody does while somebody looks at it in any tab. */
  async shallTell(tag: string): Promise<boolean> {
    if (this.#locks === undefined) return true
    if (!this.#isFirst) return false
    const { held = [] } = await this.#locks.query()
    return this.#isFirst && !held.some(({ name }) => name === this.#name(`watches.${tag}`))
  }

  #name(what: string): string {
    return `starling.notifier.${this.#scope}.${what}`
  }
}
