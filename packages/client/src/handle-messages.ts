/**
 * Hands on messages that have not been read, for bots and bridges. Invariants: a message is marked as read after it was
 * handled, so that a crash repeats and never loses; within one run each is handled once.
 */
import type { Client, ConversationList, ConversationSummary, History } from './api.ts'
import type { MessageId, MessageView } from './message-api.ts'
import { untilValue } from './until-value.ts'

/** Awaited. `false` ends it: what comes after stays unread. What it rejects with ends it too, and its message stays unread. */
export type MessageHandler = (message: MessageView, conversation: ConversationSummary) => unknown

/** More than arrive before the list of conversations learns that those before were read. */
const REMEMBERED = 2000

/**
 * Calls `handler` for every unread message of conversations that are not blocked, one at a time, oldest first in each
 * conversation, and then for those that come: requests and lines that only notify among them. Resolves when `handler` has
 * had enough; rejects with `signal.reason` as soon as `signal` aborts, or with what `handler` throws.
 */
export async function handleMessages(
  client: Pick<Client, 'conversations' | 'history'>,
  handler: MessageHandler,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const handled = new Set<MessageId>()
  let seen: ConversationList | undefined
  for (;;) {
    // A list that we went through already may say "unread" until the next one comes.
    const isNew = (list: ConversationList) => (list !== seen && list.some(hasUnread) ? list : undefined)
    seen = await untilValue(client.conversations, isNew, signal)
    for (const conversation of seen.filter(hasUnread)) {
      await using history = await client.history(conversation.id)
      if (!(await handleFrom(history, conversation, { handler, handled, signal }))) return
    }
  }
}

function hasUnread({ unread, blocked }: ConversationSummary): boolean {
  return unread > 0 && !blocked
}

type Handling = {
  readonly handler: MessageHandler
  readonly handled: Set<MessageId>
  readonly signal: AbortSignal | undefined
}

/** False, if the handler has had enough. */
async function handleFrom(history: History, conversation: ConversationSummary, handling: Handling): Promise<boolean> {
  const { handler, handled, signal } = handling
  let isReached = false
  const first = await findFirst(history, signal)
  if (first === undefined) return true
  for (;;) {
    const { messages, hasNewer } = history.state.snapshot
    for (const message of messages) {
      isReached ||= message.id === first
      if (!isReached || message.direction === 'outgoing' || handled.has(message.id)) continue
      signal?.throwIfAborted()
      const isEnough = (await handler(message, conversation)) === false
      remember(handled, message.id)
      await history.markRead(message.id)
      if (isEnough) return false
    }
    if (!hasNewer) return true
    await history.loadNewer()
  }
}

/** The window shows the newest messages, or those around the first unread one: then older ones are loaded. */
async function findFirst(history: History, signal: AbortSignal | undefined): Promise<MessageId | undefined> {
  const { firstUnread } = history.state.snapshot
  if (firstUnread === undefined) return undefined
  for (;;) {
    signal?.throwIfAborted()
    const { messages, hasOlder } = history.state.snapshot
    if (!hasOlder || messages.some(({ id }) => id === firstUnread)) return firstUnread
    await history.loadOlder()
  }
}

function remember(handled: Set<MessageId>, id: MessageId): void {
  handled.add(id)
  const [oldest] = handled
  if (handled.size > REMEMBERED && oldest !== undefined) handled.delete(oldest)
}
