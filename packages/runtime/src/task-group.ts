/**
 * The owner of promises that nobody awaits. Invariants: no task outlives the disposal of its group; every failure is
 * reported exactly once, and being aborted is no failure.
 */
export class TaskGroup implements AsyncDisposable {
  readonly #controller = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #onFailure: (name: string, error: unknown) => void

  /** `onFailure` hears of each failed task; the others go on. It must not throw. */
  constructor(options: { onFailure: (name: string, error: unknown) => void }) {
    this.#onFailure = options.onFailure
  }

  /** Aborts when the group is disposed. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** How many tasks are running. */
  get size(): number {
    return this.#running.size
  }

  /**
   * Starts `fn` at once. Its `signal` aborts when the group is disposed. From then on `run` does nothing: what comes late
   * has nobody left to work for.
   */
  run(name: string, fn: (signal: AbortSignal) => Promise<void>): void {
    if (this.signal.aborted) return
    const task = this.#guard(name, fn).finally(() => this.#running.delete(task))
    this.#running.add(task)
  }

  /** Aborts all tasks and waits until they have settled. Not to be awaited by one of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort()
    await Promise.all(this.#running)
  }

  async #guard(name: string, fn: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await fn(this.signal)
    } catch (error) {
      if (!this.#isAbort(error)) this.#onFailure(name, error)
    }
  }

  /** Node.js wraps the reason into an AbortError of its own in some places. */
  #isAbort(error: unknown): boolean {
    if (!this.signal.aborted) return false
    return error === this.signal.reason || (error instanceof Error && error.name === 'AbortError')
  }
}
