/** Tells contacts that we type: a word that is worth nothing later, so that it waits for nobody. docs/protocol/envelope.md §9. */
import { type Millis, seconds } from '@starling/protocol'
import type { Clock, TaskGroup } from '@starling/runtime'
import type { ConversationId } from '../api.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { ConversationIndex } from './conversation-index.ts'
import { isMutual } from './conversation-record.ts'
import type { Deposit, MessageStorage } from './store-message.ts'

const REPEATED_AFTER = seconds(10)

export type TypingNoticesOptions = {
  readonly clock: Clock
  readonly tasks: TaskGroup
  readonly index: ConversationIndex
  readonly storage: MessageStorage
  readonly isOn: () => boolean
  readonly isConnected: () => boolean
  readonly build: (conversation: ConversationId, action: 'started' | 'stopped') => Promise<Deposit>
}

export class TypingNotices {
  readonly #options: TypingNoticesOptions
  /** When it was last said, by conversations where it still holds. */
  readonly #said = new Map<ConversationId, Millis>()

  constructor(options: TypingNoticesOptions) {
    this.#options = options
  }

  async set(id: ConversationId, isTyping: boolean): Promise<void> {
    const { clock, index, isOn, isConnected } = this.#options
    const record = index.get(id)
    if (!isOn() || record === undefined || !isMutual(record)) return
    const said = this.#said.get(id)
    const now = clock.monotonic()
    if (isTyping ? said !== undefined && now - said < REPEATED_AFTER : said === undefined) return
    if (isTyping) this.#said.set(id, now)
    else this.#said.delete(id)
    if (isConnected()) await this.#send(id, isTyping ? 'started' : 'stopped')
  }

  /** The message itself says that the typing is over. */
  sent(id: ConversationId): void {
    this.#said.delete(id)
  }

  async #send(id: ConversationId, action: 'started' | 'stopped'): Promise<void> {
    const { tasks, storage, build } = this.#options
    const deposit = await build(id, action)
    tasks.run('typing', async (signal) => {
      try {
        await storage.store(deposit, signal)
      } catch (error) {
        // Not worth another attempt.
        if (!(error instanceof RequestError)) throw error
      }
    })
  }
}
