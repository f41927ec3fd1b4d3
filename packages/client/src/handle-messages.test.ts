import { test } from 'node:test'
import { type AccountId, unixMillis } from '@starling/protocol'
import { MutableObservable } from '@starling/runtime'
import { settle } from '@starling/runtime/testing'
import { expect } from 'expect'
import type { ConversationId, ConversationList, ConversationSummary, History } from './api.ts'
import { handleMessages } from './handle-messages.ts'
import type { MessageId, MessageView } from './message-api.ts'

const BOB = `05${'b'.repeat(64)}` as ConversationId
const WINDOW = 2

/** One conversation with messages that came in, and a history that shows two of them at a time. */
class FakeConversation {
  readonly conversations = new MutableObservable<ConversationList>([])
  readonly #messages: MessageView[] = []
  readonly #change: Partial<ConversationSummary>
  #read = 0

  constructor(change: Partial<ConversationSummary> = {}) {
    this.#change = change
  }

  get unread(): number {
    return this.#messages.length - this.#read
  }

  receive(...texts: string[]): void {
    for (const text of texts) {
      const sentAt = unixMillis(this.#messages.length)
      const nothing = { reactions: [], mentions: [], attachments: [], previews: [] }
      const author = BOB as string as AccountId
      const id = `${sentAt}` as MessageId
      this.#messages.push({
        id,
        conversation: BOB,
        author,
        direction: 'incoming',
        body: { kind: 'text', text },
        sentAt,
        ...nothing,
      })
    }
    this.#list()
  }

  async history(): Promise<History> {
    let from = this.#read
    const first = this.#messages[from]
    const view = () => ({
      messages: this.#messages.slice(from, from + WINDOW),
      hasOlder: from > 0,
      hasNewer: from + WINDOW < this.#messages.length,
      unread: this.unread,
      ...(first && { firstUnread: first.id }),
    })
    const state = new MutableObservable(view())
    return {
      state,
      loadOlder: async () => {},
      loadNewer: async () => {
        from += WINDOW
        state.set(view())
      },
      jumpToLatest: async () => {},
      jumpTo: async () => false,
      markRead: async (upTo) => {
        this.#read = Math.max(this.#read, Number(upTo) + 1)
        this.#list()
      },
      [Symbol.asyncDispose]: async () => {},
    }
  }

  #list(): void {
    const flags = { pinned: false, muted: false, blocked: false, markedUnread: false, typing: false, approvedMe: true }
    const summary = {
      id: BOB,
      kind: 'contact',
      title: 'Bob',
      draft: '',
      lastActivity: unixMillis(0),
      ...flags,
    } as const
    this.conversations.set([{ ...summary, unread: this.unread, ...this.#change }])
  }
}

function textOf({ body }: MessageView): string {
  return body.kind === 'text' ? body.text : ''
}

test('every unread message is handled once, oldest first, and those that come later', async () => {
  const client = new FakeConversation()
  client.receive('a', 'b', 'c', 'd', 'e')
  const handled: string[] = []
  const running = handleMessages(client, async (message) => {
    await settle()
    handled.push(textOf(message))
    return textOf(message) !== 'g'
  })
  await settle()
  client.receive('f', 'g', 'h')
  await running
  expect(handled).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
  expect(client.unread).toBe(1)
})

test('a message whose handler fails stays unread, so that the next run gets it', async () => {
  const client = new FakeConversation()
  client.receive('a', 'b')
  const failure = new Error('no')
  const failing = handleMessages(client, (message) => {
    if (textOf(message) === 'b') throw failure
  })
  await expect(failing).rejects.toBe(failure)
  expect(client.unread).toBe(1)
  const handled: string[] = []
  await handleMessages(client, (message) => {
    handled.push(textOf(message))
    return false
  })
  expect(handled).toEqual(['b'])
})

test('nothing of a blocked conversation is handled', async () => {
  const client = new FakeConversation({ blocked: true })
  client.receive('a')
  const ended = new AbortController()
  const running = handleMessages(client, () => expect('a').toBe('not handled'), { signal: ended.signal })
  await settle()
  ended.abort()
  await expect(running).rejects.toBe(ended.signal.reason)
  expect(client.unread).toBe(1)
})

test('after an abort no message is handled any more', async () => {
  const client = new FakeConversation()
  client.receive('a', 'b')
  const ended = new AbortController()
  const handled: string[] = []
  const running = handleMessages(
    client,
    (message) => {
      handled.push(textOf(message))
      ended.abort()
    },
    { signal: ended.signal },
  )
  await expect(running).rejects.toMatchObject({ name: 'AbortError' })
  expect(handled).toEqual(['a'])
})
