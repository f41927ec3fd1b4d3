import { test } from 'node:test'
import { type FileCalls, PreviewError } from '@starling/client'
import { settle } from '@starling/runtime/testing'
import { expect } from 'expect'
import { main } from '../main.ts'
import { BOB, FakeClient } from '../testing/fake-client.ts'
import { fakePorts } from '../testing/fake-ports.ts'

const environment = {
  STARLING_NETWORK: new URL('../testing/network.json', import.meta.url).pathname,
  STARLING_HOME: '/a',
}

function withClient(client: FakeClient, more: Parameters<typeof fakePorts>[0] = {}) {
  return fakePorts({ environment, openClient: async () => client, ...more })
}

test('send says on how many nodes the message is stored', async () => {
  const client = new FakeClient()
  client.delivery = { kind: 'stored', on: 2, of: 3 }
  const ports = withClient(client)
  expect(await main(['send', BOB.toUpperCase(), 'hello'], ports)).toBe(0)
  expect(ports.printed()).toBe('Stored on 2 of 3 nodes.\n')
  expect(client.isDisposed).toBe(true)
})

test('send - takes the text from standard input, without its last line feed', async () => {
  const client = new FakeClient()
  expect(await main(['send', BOB, '-', '--json'], withClient(client, { typed: 'two\nlines\n' }))).toBe(0)
  const history = await client.history(await client.startConversation(BOB))
  expect(history.state.snapshot.messages.map(({ body }) => body)).toEqual([{ kind: 'text', text: 'two\nlines' }])
})

test('send fails with the reason if the message is not stored', async () => {
  const client = new FakeClient()
  client.delivery = { kind: 'failed', reason: 'clock_skew' }
  const ports = withClient(client)
  expect(await main(['send', BOB, 'hello'], ports)).toBe(1)
  expect(ports.complained()).toContain('clock of this machine is wrong')
  expect(ports.printed()).toBe('')
})

test('send gives up after the timeout and says that the message is kept', async () => {
  const client = new FakeClient()
  client.delivery = undefined
  const ports = withClient(client)
  expect(await main(['send', BOB, 'hello', '--timeout', '1'], ports)).toBe(1)
  expect(ports.complained()).toContain('kept in the outbox')
})

test('send asks for a preview only with --preview, and sends it along', async () => {
  const client = new FakeClient()
  const asked: unknown[] = []
  client.listPreviews(async (text, { asked: isAsked } = {}) => {
    asked.push([text, isAsked])
    return { url: 'https://news.example/', title: 'News' }
  })
  const text = 'read https://news.example/'
  expect(await main(['send', BOB, text], withClient(client))).toBe(0)
  expect(asked).toEqual([])
  const ports = withClient(client)
  expect(await main(['send', BOB, text, '--preview', '--json'], ports)).toBe(0)
  expect(asked).toEqual([[text, true]])
  expect(JSON.parse(ports.printed())).toMatchObject({ state: 'stored', preview: 'News' })
  const history = await client.history(await client.startConversation(BOB))
  const sent = history.state.snapshot.messages.map(({ previews }) => previews)
  expect(sent).toEqual([[], [{ url: 'https://news.example/', title: 'News' }]])
})

test('send says why there is no preview, and sends the message', async () => {
  const cases: [FileCalls['preview'] | undefined, string][] = [
    [undefined, 'lists no service'],
    [async () => undefined, 'no link'],
    [() => Promise.reject(new PreviewError('page_unreachable')), 'could not be fetched'],
  ]
  for (const [preview, said] of cases) {
    const client = new FakeClient()
    if (preview) client.listPreviews(preview)
    const ports = withClient(client)
    expect(await main(['send', BOB, 'read https://news.example/', '--preview'], ports)).toBe(0)
    expect(ports.complained()).toContain(said)
    expect(ports.printed()).toBe('Stored on 3 of 3 nodes.\n')
  }
})

test('listen and history show what a message says of a page, made harmless', async () => {
  const client = new FakeClient()
  const previews = [
    { url: 'https://news.example/a', title: 'Ne\u001b[2Jws\nof \u202etoday' },
    { url: 'https://news.example/without' },
    { url: 'https://[', title: 'nowhere' },
  ]
  client.receive(BOB, 'read', previews)
  const ports = withClient(client)
  expect(await main(['history', BOB], ports)).toBe(0)
  expect(ports.printed()).toContain('read (page at news.example: Ne\ufffd[2Jws of \ufffdtoday)  m1')
  const json = withClient(client)
  expect(await main(['listen', '--count', '1', '--json'], json)).toBe(0)
  expect(JSON.parse(json.printed())).toMatchObject({ previews })
})

test('send refuses an account ID that is none before anything is opened', async () => {
  const ports = fakePorts({ environment })
  expect(await main(['send', '05abc', 'hello'], ports)).toBe(2)
  expect(ports.complained()).toContain('66 characters')
})

test('listen prints what was not read, then what comes, and ends after --count', async () => {
  const client = new FakeClient()
  client.receive(BOB, 'first')
  const ports = withClient(client)
  const listening = main(['listen', '--count', '2'], ports)
  await settle()
  expect(ports.printed()).toContain('Bob  first\n')
  client.receive(BOB, 'second')
  expect(await listening).toBe(0)
  expect(ports.printed().match(/first|second/g)).toEqual(['first', 'second'])
  expect(client.unread()).toBe(0)
})

test('listen leaves what is beyond --count unread', async () => {
  const client = new FakeClient()
  for (const text of ['one', 'two', 'three']) client.receive(BOB, text)
  expect(await main(['listen', '--count', '2', '--json'], withClient(client))).toBe(0)
  expect(client.unread()).toBe(1)
})

test('listen --json prints a line for each message, without control characters', async () => {
  const client = new FakeClient()
  client.receive(BOB, 'a\u001b[2Jb\u009bc')
  const ports = withClient(client)
  expect(await main(['listen', '--count', '1', '--json'], ports)).toBe(0)
  expect(ports.printed()).toMatch(/^[\x20-\x7e]*\n$/)
  expect(JSON.parse(ports.printed())).toMatchObject({
    from: BOB,
    name: 'Bob',
    request: false,
    text: 'a\u001b[2Jb\u009bc',
  })
})

test('listen ends when it is interrupted', async () => {
  const client = new FakeClient()
  const ports = withClient(client)
  const listening = main(['listen'], ports)
  await settle()
  ports.interrupt()
  expect(await listening).toBe(0)
  expect(client.isDisposed).toBe(true)
})

test('listen with --count fails if the messages do not come in time, without it that is no failure', async () => {
  expect(await main(['listen', '--timeout', '1'], withClient(new FakeClient()))).toBe(0)
  const ports = withClient(new FakeClient())
  expect(await main(['listen', '--count', '1', '--timeout', '1'], ports)).toBe(1)
  expect(ports.complained()).toContain('0 of 1')
})
