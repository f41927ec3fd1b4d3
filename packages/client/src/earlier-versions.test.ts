/** Clients that open what an earlier version of this program left. */
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fromBase64, fromHex } from '@starling/protocol'
import { expect } from 'expect'
import type { ConversationId } from './api.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { accountOf, textsOf } from './testing/meet.ts'

const folder = new URL('store/versions/', import.meta.url)

for (const file of readdirSync(folder)) {
  test(`a client opens the store ${file} with everything in it`, async () => {
    const saved = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
    const net = new FakeNetwork()
    const device = net.device()
    device.offline = true
    await device.vault.replace(fromHex(saved.storeKey))
    for (const [key, value] of Object.entries<string>(saved.records)) device.disk.records.set(key, fromBase64(value))
    await using alice = await net.open(device)
    expect(accountOf(alice)).toBe(saved.accountId)
    expect(await alice.revealPhrase()).toBe(saved.phrase)
    const [first, second] = alice.conversations.snapshot
    expect(first).toMatchObject({
      id: saved.bob,
      title: 'Bobby',
      profileName: 'Bob',
      pinned: true,
      kind: 'contact',
      unread: 1,
    })
    expect(second).toMatchObject({ id: saved.carol, title: 'Carol', kind: 'request' })
    expect(await textsOf(alice, saved.bob as ConversationId)).toEqual([
      'Grüße aus Zürich',
      'meet me at noon',
      'still in the outbox',
    ])
    expect(await textsOf(alice, saved.carol as ConversationId)).toEqual(['東京で会いましょう'])
    expect(first?.last?.delivery?.kind).toBe('queued')
  })
}
