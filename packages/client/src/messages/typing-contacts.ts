/** Who types at the moment. Never kept; bounded by the conversations that there are. docs/protocol/envelope.md §9. */
import { type AccountId, type Millis, millis, seconds, type UnixMillis } from '@starling/protocol'
import type { Clock, TaskGroup } from '@starling/runtime'
import type { ConversationId } from '../api.ts'
import type { NetworkTime } from '../network-time.ts'
import type { ConversationIndex } from './conversation-index.ts'
import { isMutual } from './conversation-record.ts'

const SHOWN_FOR = seconds(15)
/** As long as swarms keep it, and a while on the way. */
const LATEST = seconds(30)

export type TypingContactsOptions = {
  readonly clock: Clock
  readonly time: NetworkTime
  readonly tasks: TaskGroup
  readonly index: ConversationIndex
  readonly isOn: () => boolean
}

export class TypingContacts {
  readonly #options: TypingContactsOptions
  /** Until when it is shown, and the last word of them, on typing or otherwise. */
  readonly #known = new Map<ConversationId, { readonly until: Millis; readonly sentAt: UnixMillis }>()

  constructor(options: TypingContactsOptions) {
    this.#options = options
  }

  note({ account, isTyping, sentAt }: { account: AccountId; isTyping: boolean; sentAt: UnixMillis }): void {
    const { index, time, isOn, tasks, clock } = this.#options
    const id = account as string as ConversationId
    const record = index.get(id)
    if (!isOn() || record === undefined || !isMutual(record)) return
    if (sentAt < time.now() - LATEST || sentAt <= (this.#known.get(id)?.sentAt ?? 0)) return
    const now = clock.monotonic()
    this.#known.set(id, { until: millis(isTyping ? now + SHOWN_FOR : now), sentAt })
    index.setTyping(id, isTyping)
    if (!isTyping) return
    tasks.run('typing', async (signal) => {
      await clock.sleep(SHOWN_FOR, { signal })
      if ((this.#known.get(id)?.until ?? 0) <= clock.monotonic()) index.setTyping(id, false)
    })
  }

  /** What they typed has come. */
  clear(id: ConversationId, sentAt: UnixMillis): void {
    const known = this.#known.get(id)
    if (known === undefined || sentAt <= known.sentAt) return
    this.#known.set(id, { until: millis(0), sentAt })
    this.#options.index.setTyping(id, false)
  }
}
