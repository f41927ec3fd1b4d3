/**
 * Hands on messages that have not been read. Invariants: a message is marked as read after it was delivered, so that a
 * crash repeats and never loses; within one run each is delivered once.
 */
import type { Client, ConversationList, ConversationSummary, History, MessageId, MessageView } from '@starling/client'
import { untilValue } from './observe.ts'

/** False ends it: what comes after stays unread. */
export type Deliver = (message: MessageView, conversation: ConversationSummary) => boolean

/** More than arrive before the list of conversations learns that those before were read. */
const REMEMBERED = 2000

/** Until `deliver` has had enough. Rejects with `signal.reason` as soon as `signal` aborts. */
export async function deliverUnread(client: Client, deliver: Deliver, signal: AbortSignal): Promise<void> {
  const delivered = new Set<MessageId>()
  let seen: ConversationList | undefined
  for (;;) {
    // A list that we went through already may say "unread" until the next one comes.
    const isNew = (list: ConversationList) => (list !== seen && list.some(hasUnread) ? list : undefined)
    seen = await untilValue(client.conversations, isNew, signal)
    for (const conversation of seen.filter(hasUnread)) {
      await using history = await client.history(conversation.id)
      if (!(await deliverFrom(history, conversation, { deliver, delivered, signal }))) return
    }
  }
}

function hasUnread({ unread, blocked }: ConversationSummary): boolean {
  return unread > 0 && !blocked
}

type Delivery = { readonly deliver: Deliver; readonly delivered: Set<MessageId>; readonly signal: AbortSignal }

/** False, if `deliver` has had enough. */
async function deliverFrom(history: History, conversation: ConversationSummary, delivery: Delivery): Promise<boolean> {
  const { deliver, delivered, signal } = delivery
  let isReached = false
  const first = await findFirst(history, signal)
  if (first === undefined) return true
  for (;;) {
    signal.throwIfAborted()
    const { messages, hasNewer } = history.state.snapshot
    for (const message of messages) {
      isReached ||= message.id === first
      if (!isReached || message.direction === 'outgoing' || delivered.has(message.id)) continue
      remember(delivered, message.id)
      const isMore = deliver(message, conversation)
      await history.markRead(message.id)
      if (!isMore) return false
    }
    if (!hasNewer) return true
    await history.loadNewer()
  }
}

/** The window shows the newest messages, or those around the first unread one: then older ones are loaded. */
async function findFirst(history: History, signal: AbortSignal): Promise<MessageId | undefined> {
  const { firstUnread } = history.state.snapshot
  if (firstUnread === undefined) return undefined
  for (;;) {
    signal.throwIfAborted()
    const { messages, hasOlder } = history.state.snapshot
    if (!hasOlder || messages.some(({ id }) => id === firstUnread)) return firstUnread
    await history.loadOlder()
  }
}

function remember(delivered: Set<MessageId>, id: MessageId): void {
  delivered.add(id)
  const [oldest] = delivered
  if (delivered.size > REMEMBERED && oldest !== undefined) delivered.delete(oldest)
}
