/** The message that a draft answers. It is kept with the draft, so that whoever comes back still answers it. */
import type { Client, ConversationId, History, MessageId, MessageView } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'

export interface ReplyModel extends Snapshots<MessageView | undefined> {
  answer(message: MessageView): void
  drop(): void
  /** It goes out with a message, and with the kept draft. */
  take(): MessageView | undefined
  /** The message could not be sent. */
  putBack(message: MessageView | undefined): void
  /** Finds what was kept with the draft when the conversation was opened. What is gone since is answered no more. */
  restore(opened: History): Promise<void>
}

export function createReply(options: {
  readonly client: Pick<Client, 'history' | 'conversations'>
  readonly id: ConversationId
  /** Keeps it with the draft; empty: nothing. */
  readonly keep: (quote: MessageId | '') => unknown
}): ReplyModel {
  const { client, id, keep } = options
  const store = createStore<MessageView | undefined>(undefined)
  // Whatever a person did meanwhile holds.
  let isTouched = false
  const change = (message: MessageView | undefined) => {
    isTouched = true
    store.set(message)
  }
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    answer(message) {
      change(message)
      keep(message.id)
    },
    drop() {
      change(undefined)
      keep('')
    },
    take() {
      const message = store.snapshot
      change(undefined)
      return message
    },
    putBack(message) {
      if (store.snapshot === undefined) change(message)
    },
    async restore(opened) {
      const kept = client.conversations.snapshot.find((conversation) => conversation.id === id)?.draftQuote
      if (kept === undefined || isTouched) return
      const message = messageIn(opened, kept) ?? (await findFarAway(client, id, kept))
      if (isTouched) return
      if (message === undefined || message.deleted) keep('')
      else store.set(message)
    },
  }
}

/** The message as it is now: it may change, or leave the window, while it is answered. */
export function asItIsNow(message: MessageView | undefined, messages: readonly MessageView[]): MessageView | undefined {
  return messages.find(({ id }) => id === message?.id) ?? message
}

/** By a window of its own: the reader's stays where it is. */
async function findFarAway(
  client: Pick<Client, 'history'>,
  id: ConversationId,
  message: MessageId,
): Promise<MessageView | undefined> {
  await using history = await client.history(id)
  return (await history.jumpTo(message)) ? messageIn(history, message) : undefined
}

function messageIn(history: History, id: MessageId): MessageView | undefined {
  return history.state.snapshot.messages.find((message) => message.id === id)
}
