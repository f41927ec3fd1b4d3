/** Runs in Chromium: everything but the network, with the cryptography, the database and the vault of browsers. */
import { test } from 'node:test'
import { expect } from 'expect'
import { createBrowserClient } from './create-browser-client.ts'

const network = {
  version: 1,
  name: 'Nowhere',
  directoryKeys: ['ab'.repeat(32)],
  threshold: 1,
  bootstrap: ['http://127.0.0.1:9'],
  parameters: {
    swarmSize: 3,
    hops: 3,
    epochLength: 60_000,
    documentLifetime: 3_600_000,
    dropAfter: 60_000,
    publicTtlLimit: 1_209_600_000,
    privateTtlLimit: 2_592_000_000,
  },
}

test('an account and its messages survive a reload; a second tab is told so; an erased device knows nothing', async () => {
  {
    await using client = await createBrowserClient({ network })
    await client.createAccount({ displayName: 'Alice' })
    const state = client.session.snapshot
    const self = state.kind === 'ready' ? state.account.accountId : ''
    await client.send(await client.startConversation(self), 'remember the milk')
    await using second = await createBrowserClient({ network })
    expect(second.session.snapshot).toEqual({ kind: 'failed', code: 'in_use' })
  }
  {
    await using client = await createBrowserClient({ network })
    expect(client.session.snapshot).toMatchObject({ kind: 'ready', account: { displayName: 'Alice' } })
    const [note] = client.conversations.snapshot
    expect(note).toMatchObject({ kind: 'noteToSelf', last: { body: { text: 'remember the milk' } } })
    expect(note?.last?.delivery).toEqual({ kind: 'queued', waitingForNetwork: true, of: 3 })
    await client.eraseDevice()
  }
  await using client = await createBrowserClient({ network })
  expect(client.session.snapshot).toEqual({ kind: 'noAccount' })
})

test('a network file that is none is refused', async () => {
  for (const wrong of [undefined, 'text', { ...network, hops: 2 }]) {
    await expect(createBrowserClient({ network: wrong })).rejects.toMatchObject({ code: 'network_file' })
  }
})
