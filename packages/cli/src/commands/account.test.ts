import { test } from 'node:test'
import { expect } from 'expect'
import { main } from '../main.ts'
import { ALICE, FakeClient, PHRASE } from '../testing/fake-client.ts'
import { fakePorts } from '../testing/fake-ports.ts'

const environment = {
  STARLING_NETWORK: new URL('../testing/network.json', import.meta.url).pathname,
  STARLING_HOME: '/a',
}

function withClient(client: FakeClient, more: Parameters<typeof fakePorts>[0] = {}) {
  return fakePorts({ environment, openClient: async () => client, ...more })
}

test('create makes an account, prints its ID and lets go of the folder', async () => {
  const client = new FakeClient({ kind: 'noAccount' })
  const ports = withClient(client)
  expect(await main(['account', 'create', '--name', '  Alice '], ports)).toBe(0)
  expect(ports.printed()).toContain(`Name        Alice\nAccount ID  ${ALICE}\nFolder      /a\n`)
  expect(client.isDisposed).toBe(true)
})

test('create --json prints one line and nothing else', async () => {
  const ports = withClient(new FakeClient({ kind: 'noAccount' }))
  expect(await main(['account', 'create', '--name', 'Alice', '--json', '--folder', '/b'], ports)).toBe(0)
  expect(JSON.parse(ports.printed())).toEqual({ accountId: ALICE, displayName: 'Alice', folder: '/b' })
})

test('create asks for the name at a terminal, and does nothing if that is called off', async () => {
  const client = new FakeClient({ kind: 'noAccount' })
  const input = { isTerminal: true, readAll: async () => '' }
  expect(await main(['account', 'create'], withClient(client, { input }))).toBe(1)
  expect(client.session.snapshot.kind).toBe('noAccount')
  const ports = withClient(client, { input, ask: async () => 'Carol' })
  expect(await main(['account', 'create'], ports)).toBe(0)
  expect(ports.printed()).toContain('Carol')
})

test('create and restore leave an account that is there alone', async () => {
  for (const command of ['create', 'restore']) {
    const client = new FakeClient()
    const ports = withClient(client)
    expect(await main(['account', command, '--name', 'Mallory'], ports)).toBe(1)
    expect(ports.complained()).toContain('/a holds an account already')
    expect(client.session.snapshot).toMatchObject({ account: { displayName: 'Alice' } })
  }
})

test('restore reads the phrase from standard input, whatever its spacing and case', async () => {
  const client = new FakeClient({ kind: 'noAccount' })
  expect(await main(['account', 'restore'], withClient(client, { typed: ' One  two\nTHREE\n' }))).toBe(0)
  expect(client.restored).toBe('one two three')
})

test('restore names an account of which the network has no profile', async () => {
  const client = new FakeClient({ kind: 'noAccount' })
  client.afterRestore = { kind: 'needsName' }
  const ports = withClient(client, { typed: PHRASE })
  expect(await main(['account', 'restore', '--name', 'Alice again'], ports)).toBe(0)
  expect(ports.printed()).toContain('Alice again')
})

test('show prints the phrase only when it is asked for', async () => {
  const quiet = withClient(new FakeClient())
  expect(await main(['account', 'show'], quiet)).toBe(0)
  expect(quiet.printed()).toContain(ALICE)
  expect(quiet.printed() + quiet.complained()).not.toContain(PHRASE)
  const ports = withClient(new FakeClient())
  expect(await main(['account', 'show', '--phrase'], ports)).toBe(0)
  expect(ports.printed()).toBe(`${PHRASE}\n`)
})

test('show says what to do where there is no account, or it cannot be opened', async () => {
  const none = withClient(new FakeClient({ kind: 'noAccount' }))
  expect(await main(['account', 'show'], none)).toBe(1)
  expect(none.complained()).toContain('starling account create')
  const inUse = withClient(new FakeClient({ kind: 'failed', code: 'in_use' }))
  expect(await main(['account', 'show'], inUse)).toBe(1)
  expect(inUse.complained()).toContain('Another program uses the account')
})

test('rename gives a restored account its name', async () => {
  const client = new FakeClient({ kind: 'needsName' })
  expect(await main(['account', 'rename', 'Alice'], withClient(client))).toBe(0)
  expect(client.session.snapshot).toMatchObject({ account: { displayName: 'Alice' } })
})
