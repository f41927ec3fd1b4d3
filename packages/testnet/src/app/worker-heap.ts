/** What a page's worker holds of memory: the whole client is in there. */
import type { CDPSession } from 'playwright-core'

type Answer = { readonly id?: number; readonly result?: { readonly usedSize?: number } }

export class WorkerHeap {
  readonly #cdp: CDPSession
  readonly #workers = new Set<string>()
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #nextId = 1

  /** Follows the workers that the page of this session has, and those that it gets. */
  static async of(cdp: CDPSession): Promise<WorkerHeap> {
    const heap = new WorkerHeap(cdp)
    await cdp.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
    return heap
  }

  private constructor(cdp: CDPSession) {
    this.#cdp = cdp
    cdp.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.type === 'worker') this.#workers.add(sessionId)
    })
    cdp.on('Target.detachedFromTarget', ({ sessionId }) => this.#workers.delete(sessionId))
    cdp.on('Target.receivedMessageFromTarget', ({ message }) => {
      const answer = JSON.parse(message) as Answer
      if (answer.id === undefined) return
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
  }

  /** In bytes, of all workers together, once their garbage is collected. */
  async usedBytes(): Promise<number> {
    let sum = 0
    for (const sessionId of this.#workers) {
      await this.#ask(sessionId, 'HeapProfiler.collectGarbage')
      sum += (await this.#ask(sessionId, 'Runtime.getHeapUsage')).result?.usedSize ?? Number.NaN
    }
    return sum
  }

  async #ask(sessionId: string, method: string): Promise<Answer> {
    const id = this.#nextId++
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve))
    await this.#cdp.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) })
    return answer
  }
}
