import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { ConversationId } from '@starling/client'
import { expect } from 'expect'
import { FakeClient, type FakeClientOptions } from '../testing/fake-client.ts'
import { longConversation, sampleAccountId } from '../testing/sample-data.ts'
import { ClientProxy } from './client-proxy.ts'
import type { Port } from './messages.ts'
import { shareClient } from './shared-client.ts'

const wendy = sampleAccountId('Wendy') as string as ConversationId
const alice = sampleAccountId('Alice') as string as ConversationId
let names = 0

/** A page and its worker. `client`: the one it opens when it leads. */
function openTab(name: string, options: FakeClientOptions = {}) {
  const { port1, port2 } = new MessageChannel()
  const client = new FakeClient(options)
  let isOpen = false
  let isClosed = false
  client[Symbol.asyncDispose] = async () => {
    isClosed = true
  }
  const proxy = new ClientProxy(port1 as unknown as Port, { onBroken: () => {} })
  const open = async () => {
    isOpen = true
    return client
  }
  shareClient({ page: port2 as unknown as Port, name, open })
  port1.start()
  port2.start()
  return {
    client,
    proxy,
    leads: () => isOpen,
    wasClosed: () => isClosed,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      port1.close()
    },
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

async function ready(tab: ReturnType<typeof openTab>): Promise<void> {
  await until(() => tab.proxy.session.snapshot.kind === 'ready')
}

test('a second tab uses the client of the first, and does not end it when it goes', async () => {
  const name = `shared-${names++}`
  await using first = openTab(name)
  await ready(first)
  const second = openTab(name)
  await ready(second)
  expect(second.leads()).toBe(false)
  expect(second.proxy.conversations.snapshot).toEqual(first.proxy.conversations.snapshot)
  const history = await first.proxy.history(wendy)
  const sent = await second.proxy.send(wendy, 'from the second tab')
  await until(() => history.state.snapshot.messages.some(({ id }) => id === sent))
  await second[Symbol.asyncDispose]()
  expect(first.wasClosed()).toBe(false)
  await first.proxy.setDisplayName('Alicia')
  expect(first.client.session.snapshot).toMatchObject({ account: { displayName: 'Alicia' } })
})

test('when the leading tab goes, the next one opens the client, and nobody sees it begin anew', async () => {
  const name = `shared-${names++}`
  const first = openTab(name)
  await ready(first)
  await using second = openTab(name)
  await ready(second)
  await using third = openTab(name)
  await ready(third)
  const seen = new Set<string>()
  third.proxy.session.subscribe(({ kind }) => seen.add(kind))
  await first[Symbol.asyncDispose]()
  expect(first.wasClosed()).toBe(true)
  await third.proxy.setDisplayName('Alicia')
  const sent = await third.proxy.send(wendy, 'going on')
  expect(second.leads()).toBe(true)
  expect(third.leads()).toBe(false)
  expect(seen).toEqual(new Set(['ready']))
  await using history = await second.proxy.history(wendy)
  expect(history.state.snapshot.messages.some(({ id }) => id === sent)).toBe(true)
})

test('of the calls under way, those that do no harm twice are asked again, and the others fail with a code', async () => {
  const name = `shared-${names++}`
  const first = openTab(name)
  await ready(first)
  let asked = 0
  const neverAnswers = () => {
    asked++
    return Promise.withResolvers<never>().promise
  }
  Object.assign(first.client, { send: neverAnswers, revealPhrase: neverAnswers })
  await using second = openTab(name)
  await ready(second)
  const sending = second.proxy.send(wendy, 'twice would be worse').catch((error: unknown) => error)
  const revealing = second.proxy.revealPhrase()
  await until(() => asked === 2)
  await first[Symbol.asyncDispose]()
  expect(await sending).toMatchObject({ code: 'leader_changed', fault: 'environment' })
  expect((await revealing).split(' ').length).toBe(13)
})

test('an open history stays where it is when another tab leads, and goes on from there', async () => {
  const name = `shared-${names++}`
  const conversations = [longConversation(1_000)]
  const first = openTab(name, { conversations })
  await ready(first)
  await using second = openTab(name, { conversations })
  await ready(second)
  const history = await second.proxy.history(alice)
  await history.loadOlder()
  await history.loadOlder()
  const before = history.state.snapshot.messages.map(({ id }) => id)
  const lengths = new Set<number>()
  history.state.subscribe(({ messages }) => lengths.add(messages.length))
  await first[Symbol.asyncDispose]()
  await until(() => second.leads())
  await history.loadOlder()
  const after = history.state.snapshot.messages.map(({ id }) => id)
  expect(after.slice(-before.length)).toEqual(before)
  expect(Math.min(...lengths)).toBe(before.length)
  second.client.receive(alice, 'new')
  await until(() => history.state.snapshot.messages.length === after.length + 1)
  await history[Symbol.asyncDispose]()
})

test('a client that cannot be opened fails the calls of every tab, and the tabs can still go', async () => {
  const { port1, port2 } = new MessageChannel()
  const broken = Promise.withResolvers<string>()
  const proxy = new ClientProxy(port1 as unknown as Port, { onBroken: broken.resolve })
  const open = () => Promise.reject(new TypeError('no database'))
  shareClient({ page: port2 as unknown as Port, name: `shared-${names++}`, open })
  port1.start()
  port2.start()
  expect(await broken.promise).toBe('unknown')
  await expect(proxy.revealPhrase()).rejects.toMatchObject({ code: 'unknown' })
  await proxy[Symbol.asyncDispose]()
  port1.close()
})
