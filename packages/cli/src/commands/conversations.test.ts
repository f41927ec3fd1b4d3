import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { unixMillis } from '@starling/protocol'
import { settle } from '@starling/runtime/testing'
import { expect } from 'expect'
import { main } from '../main.ts'
import { BOB, FakeClient } from '../testing/fake-client.ts'
import { fakePorts } from '../testing/fake-ports.ts'

const environment = {
  STARLING_NETWORK: new URL('../testing/network.json', import.meta.url).pathname,
  STARLING_HOME: '/a',
}

function withClient(client: FakeClient) {
  return fakePorts({ environment, openClient: async () => client })
}

test('chats lists conversations with what is unread, and requests apart', async () => {
  const client = new FakeClient()
  client.receive(BOB, 'first\nsecond line')
  const ports = withClient(client)
  expect(await main(['chats'], ports)).toBe(0)
  expect(ports.printed()).toMatch(/LAST +ACCOUNT ID +NAME +UNREAD +MESSAGE\n/)
  expect(ports.printed()).toMatch(new RegExp(`${BOB} +Bob +1`))
  const requests = withClient(client)
  expect(await main(['requests'], requests)).toBe(0)
  expect(requests.printed()).toBe('No requests.\n')
})

test('chats --json prints a line for each conversation', async () => {
  const client = new FakeClient()
  client.receive(BOB, 'hello')
  const ports = withClient(client)
  expect(await main(['chats', '--json'], ports)).toBe(0)
  expect(JSON.parse(ports.printed())).toMatchObject({ id: BOB, kind: 'contact', name: 'Bob', unread: 1 })
})

test('history prints messages oldest first, with what controls a terminal made harmless', async () => {
  const client = new FakeClient()
  client.receive(BOB, 'one')
  client.receive(BOB, 'red \u001b[31malert')
  const ports = withClient(client)
  expect(await main(['history', BOB], ports)).toBe(0)
  const [one, two] = ports.printed().split('\n')
  expect(one).toContain('Bob  one')
  expect(two).not.toContain('\u001b')
})

test('history --limit prints the latest', async () => {
  const client = new FakeClient()
  for (const text of ['one', 'two', 'three']) client.receive(BOB, text)
  const ports = withClient(client)
  expect(await main(['history', BOB, '--limit', '2', '--json'], ports)).toBe(0)
  const lines = ports.printed().trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).text)).toEqual(['two', 'three'])
})

test('history says when there is no conversation with the account', async () => {
  const ports = withClient(new FakeClient())
  expect(await main(['history', BOB], ports)).toBe(1)
  expect(ports.complained()).toContain('no conversation with this account')
})

test('devices prints what other devices do, and nothing of this one', async () => {
  const client = new FakeClient()
  const ports = withClient(client)
  const running = main(['devices', '--json'], ports)
  await settle()
  client.events.set([
    { at: unixMillis(1), source: 'thisDevice', kind: 'message.sent', count: 1 },
    { at: unixMillis(2), source: 'otherDevice', kind: 'config.merged', count: 1 },
  ])
  client.events.update((log) => [log[0]!, { ...log[1]!, count: 2 }])
  ports.interrupt()
  expect(await running).toBe(0)
  expect(
    ports
      .printed()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { at: 2, kind: 'config.merged', count: 1 },
    { at: 2, kind: 'config.merged', count: 2 },
  ])
})

test('bot makes a folder with a program, and touches none that is there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-bot-'))
  try {
    const bot = join(folder, 'weather')
    expect(await main(['bot', bot, '--name', "It's $& raining"], fakePorts({ environment }))).toBe(0)
    expect(existsSync(join(bot, 'network.json'))).toBe(true)
    expect(readFileSync(join(bot, 'bot.ts'), 'utf8')).toContain(`displayName: "It's $& raining"`)
    const again = fakePorts({ environment })
    expect(await main(['bot', bot], again)).toBe(2)
    expect(again.complained()).toContain('there already')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
