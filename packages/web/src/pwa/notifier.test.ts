import { test } from 'node:test'
import type { ConversationId, ConversationList, ConversationSummary } from '@starling/client'
import { expect } from 'expect'
import { createStore } from '../state/store.ts'
import { type NotificationState, Notifier, type NotifierBrowser } from './notifier.ts'

type Permission = NotificationState['permission']

function world({ permission = 'open' as Permission, answer = 'granted' as Permission, kept = '' } = {}) {
  const done: string[] = []
  const state = { permission, watched: false }
  const browser: NotifierBrowser = {
    isWatched: () => state.watched,
    permission: () => state.permission,
    async ask() {
      done.push('ask')
      state.permission = answer
      return answer
    },
    show: async ({ title, body, hash }) => void done.push(`show ${title}: ${body} ${hash}`),
    close: async (tag) => void done.push(`close ${tag}`),
    badge: async (count) => void done.push(`badge ${count}`),
  }
  const storage = new Map([['starling.notifications', kept]])
  const others = { tell: false, watch: undefined as string | undefined }
  const watched: (string | undefined)[] = []
  const notifier = new Notifier(browser, {
    storage: { getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => void storage.set(key, value) },
    tabs: {
      join: (scope) => {
        done.push(`join ${scope}`)
        return () => void done.push(`leave ${scope}`)
      },
      watch: (tag) => void watched.push(tag),
      shallTell: async (tag) => !others.tell && others.watch !== tag,
    },
    words: () => ({ app: 'Starling', newMessage: 'New message', newRequest: 'New request', instead: () => undefined }),
  })
  const conversations = createStore<ConversationList>([])
  return { notifier, conversations, done, state, storage, others, watched }
}

const bob = (unread: number) =>
  [
    {
      id: 'Bob',
      kind: 'contact',
      title: 'Bob',
      unread,
      last: { direction: 'incoming', body: { kind: 'text', text: 'hi' } },
    } as unknown as ConversationSummary,
  ] as const

/** What was begun is done. */
const settled = () => new Promise((resolve) => setTimeout(resolve))

test('nobody is asked for a permission before they chose; then once, and the choice is kept', async () => {
  const { notifier, conversations, done, storage } = world()
  notifier.follow(conversations, 'slot')
  conversations.set(bob(0))
  conversations.set(bob(1))
  expect(done).toEqual(['join slot', 'badge 1'])
  done.length = 0
  await notifier.choose('name')
  expect(notifier.snapshot).toEqual({ content: 'name', permission: 'granted' })
  await notifier.choose('nameAndText')
  expect(done).toEqual(['ask'])
  expect(storage.get('starling.notifications')).toBe('nameAndText')
  conversations.set(bob(2))
  await settled()
  expect(done.slice(1)).toEqual(['badge 2', 'show Bob: hi #/c/Bob'])
})

test('a refusal, or a browser without notifications, leaves them off', async () => {
  for (const options of [{ answer: 'blocked' as const }, { permission: 'unsupported' as const }]) {
    const { notifier } = world(options)
    await notifier.choose('nameAndText')
    expect(notifier.snapshot.content).toBe('off')
  }
})

test('what was kept holds only as long as the browser allows it', async () => {
  const { notifier, conversations, done } = world({ permission: 'blocked', kept: 'nameAndText' })
  notifier.follow(conversations, 'slot')
  conversations.set(bob(1))
  conversations.set(bob(2))
  await settled()
  expect(done).toEqual(['join slot', 'badge 1', 'badge 2'])
})

test('a notification goes when its chat comes into sight, and the badge when the messenger ends', async () => {
  const { notifier, conversations, done, state } = world({ permission: 'granted', kept: 'name' })
  const stop = notifier.follow(conversations, 'slot')
  conversations.set(bob(1))
  done.length = 0
  notifier.attend('Bob' as ConversationId)
  expect(done).toEqual([])
  state.watched = true
  notifier.look()
  expect(done).toEqual(['close Bob'])
  stop()
  expect(done).toEqual(['close Bob', 'leave slot', 'badge 0'])
})

test('of several tabs those are silent that another one speaks for, or in which it would be seen', async () => {
  const { notifier, conversations, done, others } = world({ permission: 'granted', kept: 'name' })
  notifier.follow(conversations, 'slot')
  conversations.set(bob(0))
  others.tell = true
  conversations.set(bob(1))
  Object.assign(others, { tell: false, watch: 'Bob' })
  conversations.set(bob(2))
  await settled()
  expect(done.filter((what) => what.startsWith('show'))).toEqual([])
  others.watch = 'Carol'
  conversations.set(bob(3))
  await settled()
  expect(done.at(-1)).toBe('show Bob: New message #/c/Bob')
})

test('what is read while the other tabs are asked is not told', async () => {
  const { notifier, conversations, done } = world({ permission: 'granted', kept: 'name' })
  notifier.follow(conversations, 'slot')
  conversations.set(bob(0))
  conversations.set(bob(1))
  conversations.set(bob(0))
  await settled()
  expect(done.filter((what) => what.startsWith('show'))).toEqual([])
})

test('the other tabs know what is looked at here, and that nothing is when somebody looks away', () => {
  const { notifier, conversations, state, watched } = world()
  notifier.follow(conversations, 'slot')
  state.watched = true
  notifier.attend('Bob' as ConversationId)
  state.watched = false
  notifier.look()
  expect(watched).toEqual([undefined, 'Bob', undefined])
})

test('what another tab chose holds here, too', () => {
  const { notifier, state, storage } = world()
  storage.set('starling.notifications', 'name')
  state.permission = 'granted'
  notifier.reload()
  expect(notifier.snapshot).toEqual({ content: 'name', permission: 'granted' })
})
