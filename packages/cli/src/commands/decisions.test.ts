import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { expect } from 'expect'
import { main } from '../main.ts'
import type { CliPorts } from '../ports.ts'
import { BOB, FakeClient } from '../testing/fake-client.ts'
import { fakePorts } from '../testing/fake-ports.ts'

const environment = {
  STARLING_NETWORK: new URL('../testing/network.json', import.meta.url).pathname,
  STARLING_HOME: '/a',
}

function withClient(client: FakeClient, more: Partial<CliPorts> = {}) {
  return fakePorts({ environment, openClient: async () => client, ...more })
}

/** Somebody at the terminal who gives these answers, one after the other. */
function atTerminal(...answers: string[]): Partial<CliPorts> {
  return {
    input: { isTerminal: true, readAll: async () => '' },
    askSecret: async () => answers.shift(),
  }
}

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'starling-cli-'))
  try {
    await test(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function withRequest(): FakeClient {
  const client = new FakeClient()
  client.kind = 'request'
  client.receive(BOB, 'hello')
  return client
}

test('accept, decline and block do what they say', async () => {
  const decisions = [
    ['accept', ['updateConversation', BOB, { accepted: true }]],
    ['decline', ['deleteConversation', BOB]],
    ['block', ['updateConversation', BOB, { blocked: true }]],
    ['unblock', ['updateConversation', BOB, { blocked: false }]],
  ] as const
  for (const [decision, call] of decisions) {
    const client = withRequest()
    expect(await main([decision, BOB], withClient(client))).toBe(0)
    expect(client.calls).toEqual([call])
  }
})

test('there is nothing to accept where nobody asked', async () => {
  const client = new FakeClient()
  client.receive(BOB, 'hello')
  const ports = withClient(client)
  expect(await main(['accept', BOB], ports)).toBe(1)
  expect(ports.complained()).toContain('no request')
  expect(client.calls).toEqual([])
})

test('somebody who never wrote can be blocked', async () => {
  const client = new FakeClient()
  expect(await main(['block', BOB, '--json'], withClient(client))).toBe(0)
  expect(client.calls).toEqual([['updateConversation', BOB, { blocked: true }]])
})

test('a decision that the network does not take in time is kept, and said to be', async () => {
  const client = withRequest()
  client.flushed = new Promise(() => {})
  const ports = withClient(client)
  expect(await main(['accept', BOB, '--timeout', '1'], ports)).toBe(1)
  expect(ports.complained()).toContain('goes out the next time')
  expect(ports.printed()).toBe('')
})

test('react puts an emoji on a message, and takes it back', async () => {
  const client = new FakeClient()
  expect(await main(['react', 'm1', '👍'], withClient(client))).toBe(0)
  expect(await main(['react', 'm1', '👍', '--remove'], withClient(client))).toBe(0)
  expect(client.calls).toEqual([
    ['react', 'm1', '👍'],
    ['removeReaction', 'm1', '👍'],
  ])
})

test('delete goes as far as it is told, and no further than this device unless told', async () => {
  const client = new FakeClient()
  expect(await main(['delete', 'm1', 'm2'], withClient(client))).toBe(0)
  expect(await main(['delete', 'm1', '--for', 'everyone'], withClient(client))).toBe(0)
  expect(await main(['delete', 'm1', '--for', 'nobody'], withClient(client))).toBe(2)
  expect(client.calls).toEqual([
    ['deleteMessages', ['m1', 'm2'], 'thisDevice'],
    ['deleteMessages', ['m1'], 'everyone'],
  ])
})

test('search prints what was found, with its conversation', async () => {
  const client = new FakeClient()
  client.receive(BOB, 'tickets for eight')
  const ports = withClient(client)
  expect(await main(['search', 'tickets'], ports)).toBe(0)
  expect(ports.printed()).toMatch(/Bob {2}tickets for eight {2}m1\n$/)
  const nothing = withClient(client)
  expect(await main(['search', 'opera'], nothing)).toBe(0)
  expect(nothing.printed()).toBe('Nothing was found.\n')
})

test('a locked account opens with the passphrase from the terminal or a file, and with no other', async () => {
  await withFolder(async (folder) => {
    const locked = () => {
      const client = new FakeClient({ kind: 'locked' })
      client.passphrase = 'correct horse'
      return client
    }
    expect(await main(['chats'], withClient(locked(), atTerminal('correct horse')))).toBe(0)
    writeFileSync(join(folder, 'passphrase'), 'correct horse\n')
    const inFile = { environment: { ...environment, STARLING_PASSPHRASE_FILE: join(folder, 'passphrase') } }
    expect(await main(['chats'], withClient(locked(), inFile))).toBe(0)
    const wrong = withClient(locked(), atTerminal('battery'))
    expect(await main(['chats'], wrong)).toBe(1)
    expect(wrong.complained()).toContain('wrong')
    expect(wrong.complained()).not.toContain('battery')
    const silent = withClient(locked())
    expect(await main(['chats'], silent)).toBe(1)
    expect(silent.complained()).toContain('STARLING_PASSPHRASE_FILE')
  })
})

test('a new passphrase is typed twice, is long enough, and can be removed', async () => {
  const client = new FakeClient()
  expect(await main(['account', 'passphrase'], withClient(client, atTerminal('short', 'short')))).toBe(2)
  expect(await main(['account', 'passphrase'], withClient(client, atTerminal('long enough', 'long enouhg')))).toBe(2)
  expect(client.passphrase).toBeUndefined()
  expect(await main(['account', 'passphrase'], withClient(client, atTerminal('long enough', 'long enough')))).toBe(0)
  expect(client.passphrase).toBe('long enough')
  expect(await main(['account', 'passphrase', '--remove'], withClient(client, atTerminal('long enough')))).toBe(0)
  expect(client.passphrase).toBeUndefined()
})

test('a readable export is a folder, with the files of messages if told', async () => {
  await withFolder(async (folder) => {
    const output = join(folder, 'alice')
    const run = (...more: string[]) =>
      main(['account', 'export', '--output', output, ...more], withClient(new FakeClient(), atTerminal()))
    expect(await run('--media')).toBe(2)
    expect(existsSync(output)).toBe(false)
    expect(await run('--readable', '--media')).toBe(0)
    expect(readFileSync(join(output, 'conversations/0001/0001.jpg'), 'utf8')).toBe('sealed pieces')
    expect(await run('--readable')).toBe(2)
  })
  await withFolder(async (folder) => {
    const output = join(folder, 'bare')
    const run = ['account', 'export', '--output', output, '--readable']
    expect(await main(run, withClient(new FakeClient(), atTerminal()))).toBe(0)
    expect(existsSync(join(output, 'account.json'))).toBe(true)
    expect(existsSync(join(output, 'conversations'))).toBe(false)
  })
})

test('export writes a whole file for the user alone, over none that is there, and leaves none that is half', async () => {
  await withFolder(async (folder) => {
    const client = new FakeClient()
    const output = join(folder, 'alice.starling')
    const run = () =>
      main(['account', 'export', '--output', output], withClient(client, atTerminal('long enough', 'long enough')))
    client.archiveFailure = new Error('the disk is full')
    expect(await run()).toBe(1)
    expect(existsSync(output)).toBe(false)
    client.archiveFailure = undefined
    expect(await run()).toBe(0)
    expect(readFileSync(output, 'utf8')).toBe('sealed pieces')
    expect(statSync(output).mode & 0o777).toBe(0o600)
    expect(await run()).toBe(2)
    expect(existsSync(`${output}.unfinished`)).toBe(false)
  })
})
