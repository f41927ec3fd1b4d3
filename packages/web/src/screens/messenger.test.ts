import { test } from 'node:test'
import type { ConversationId, ConversationSummary, SearchHit } from '@starling/client'
import { expect } from 'expect'
import { createMemoryRouter, type Route } from '../state/route.ts'
import { FakeClient, type FakeClientOptions } from '../testing/fake-client.ts'
import { sampleAccountId } from '../testing/sample-data.ts'
import { createMessenger } from './messenger.ts'

const idOf = (name: string) => sampleAccountId(name) as string as ConversationId
const chatWith = (name: string): Route => ({ kind: 'chat', id: idOf(name) })

function setUp({ route = { kind: 'chats' } as Route, ...options }: FakeClientOptions & { route?: Route } = {}) {
  const client = new FakeClient(options)
  const router = createMemoryRouter(route)
  const lock = { lock: () => client.hasPassphrase() }
  const model = createMessenger({ client, people: client.conversations, router, lock })
  const summaryOf = (name: string): ConversationSummary =>
    client.conversations.snapshot.find(({ id }) => id === idOf(name))!
  return { client, router, model, summaryOf, [Symbol.dispose]: () => model[Symbol.dispose]() }
}

/** What was asked of the client has been answered. */
const settled = () => new Promise((resolve) => setTimeout(resolve))

test('the chat of the route is open, and another one in its place when the route changes', () => {
  using app = setUp({ route: chatWith('Wendy') })
  const wendy = app.model.snapshot.conversation
  expect(wendy?.id).toBe(idOf('Wendy'))
  app.client.receive(idOf('Wendy'), 'hello')
  expect(app.model.snapshot.conversation).toBe(wendy)
  app.router.go(chatWith('Jun'))
  expect(app.model.snapshot.conversation?.id).toBe(idOf('Jun'))
  app.router.go({ kind: 'settings' })
  expect(app.model.snapshot).toMatchObject({ open: undefined, conversation: undefined, beneath: { kind: 'settings' } })
})

test('a chat that is not there yet opens when it comes, and closes when it goes', async () => {
  using app = setUp({ route: chatWith('Carol'), conversations: [] })
  expect(app.model.snapshot).toMatchObject({ open: idOf('Carol'), conversation: undefined })
  await app.client.startConversation(sampleAccountId('Carol'))
  expect(app.model.snapshot.conversation?.id).toBe(idOf('Carol'))
  await app.client.deleteConversation(idOf('Carol'))
  expect(app.model.snapshot).toMatchObject({ open: idOf('Carol'), conversation: undefined })
})

test('what is under a dialog stays', () => {
  using app = setUp({ route: chatWith('Wendy') })
  const { conversation } = app.model.snapshot
  app.router.go({ kind: 'new' })
  expect(app.model.snapshot).toMatchObject({ beneath: { kind: 'chat' }, conversation })
})

test('the list stands where the open chat is, also when a request is accepted', async () => {
  using app = setUp({ conversations: [{ name: 'Rita', kind: 'request', messages: [] }] })
  app.router.go(chatWith('Rita'))
  expect(app.model.list.snapshot.section).toBe('requests')
  app.model.ask('accept', app.summaryOf('Rita'))
  await settled()
  expect(app.model.list.snapshot.section).toBe('chats')
  expect(app.model.leaveChat()).toBe(idOf('Rita'))
  expect(app.router.snapshot).toEqual({ kind: 'chats' })
})

test('nothing is deleted before it was confirmed, and what was open is left then', async () => {
  using app = setUp({ route: chatWith('Wendy') })
  app.model.showDetails(true)
  app.model.ask('delete', app.summaryOf('Wendy'))
  expect(app.model.snapshot.asked).toMatchObject({ action: 'delete', summary: { title: 'Wendy' } })
  app.model.cancel()
  app.model.confirm()
  await settled()
  expect(app.summaryOf('Wendy')).toBeDefined()
  app.model.ask('delete', app.summaryOf('Wendy'))
  app.model.confirm()
  await settled()
  expect(app.summaryOf('Wendy')).toBeUndefined()
  expect(app.model.snapshot).toMatchObject({ asked: undefined, detailsOpen: false, beneath: { kind: 'chats' } })
})

test('a chat is not left when it could not be deleted', async () => {
  using app = setUp({ route: chatWith('Wendy'), failing: { deleteConversation: 'store_unavailable' } })
  app.model.ask('delete', app.summaryOf('Wendy'))
  app.model.confirm()
  await settled()
  expect(app.model.snapshot.conversation?.id).toBe(idOf('Wendy'))
  expect(app.model.list.snapshot.actionFailed).toBe(true)
})

test('what was found gives way to its chat, and is there again when that is left', async () => {
  using app = setUp()
  app.model.startSearch()
  await app.model.search.setQuery('where')
  const hit = app.model.search.step(1) as SearchHit
  app.model.showHit(hit)
  expect(app.model.snapshot).toMatchObject({
    searching: 'hidden',
    sought: { message: hit.message.id },
    conversation: { id: hit.message.conversation },
  })
  app.model.leaveChat()
  expect(app.model.snapshot.searching).toBe('shown')
  app.model.endSearch()
  expect(app.model.snapshot.searching).toBe('no')
  expect(app.model.search.snapshot.query).toBe('')
})

test('who locks without a passphrase is shown where one is set', async () => {
  using app = setUp()
  await app.model.lockNow()
  expect(app.router.snapshot).toEqual({ kind: 'settings', page: 'privacy' })
  using locked = setUp({ passphrase: 'four words or more' })
  await locked.model.lockNow()
  expect(locked.router.snapshot).toEqual({ kind: 'chats' })
})
