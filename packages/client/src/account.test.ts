/** Accounts: made, restored, locked away and erased. */
import { test } from 'node:test'
import { checkRecoveryWord, minutes, seconds } from '@starling/protocol'
import { expect } from 'expect'
import { FakeNetwork } from './testing/fake-network.ts'
import { accountOf, isConnected, newcomer, sendTo, textsOf } from './testing/meet.ts'

test('an account is made at once, also without a network', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  device.offline = true
  await using client = await net.open(device)
  expect(client.session.snapshot).toEqual({ kind: 'noAccount' })
  await expect(client.createAccount({ displayName: ' ' })).rejects.toMatchObject({ code: 'display_name' })
  await client.createAccount({ displayName: ' Alice ' })
  expect(client.session.snapshot).toMatchObject({
    kind: 'ready',
    account: { displayName: 'Alice', phraseConfirmed: false },
  })
  await expect(client.createAccount({ displayName: 'Alice' })).rejects.toMatchObject({ code: 'has_account' })
})

test('without an account everything but making one is refused', async () => {
  const net = new FakeNetwork()
  await using client = await net.open(net.device())
  for (const call of [client.revealPhrase(), client.send('05' as never, 'x'), client.setDisplayName('x')]) {
    await expect(call).rejects.toMatchObject({ code: 'no_account' })
  }
})

test('an account is there after a restart, with its conversations', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using bob = await newcomer(net, 'Bob')
  let alice = await newcomer(net, 'Alice', device)
  const before = accountOf(alice)
  await sendTo(alice, accountOf(bob), 'hello')
  await net.clock.advance(seconds(2))
  await alice[Symbol.asyncDispose]()
  alice = await net.open(device)
  expect(accountOf(alice)).toBe(before)
  expect(await textsOf(alice, accountOf(bob))).toEqual(['hello'])
  expect(alice.conversations.snapshot[0]?.last?.delivery).toEqual({ kind: 'stored', on: 3, of: 3 })
  await alice[Symbol.asyncDispose]()
})

test('two right words confirm the phrase, for good', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  let client = await newcomer(net, 'Alice', device)
  const words = (await client.revealPhrase()).split(' ')
  expect(words.map((word) => checkRecoveryWord(word).kind)).toEqual(words.map(() => 'known'))
  const asked = [2, 11].map((index) => ({ index, word: words[index]! }))
  expect(await client.confirmPhrase([asked[0]!, { index: 11, word: 'wrong' }])).toBe(false)
  expect(await client.confirmPhrase([asked[0]!])).toBe(false)
  expect(await client.confirmPhrase(asked)).toBe(true)
  await client[Symbol.asyncDispose]()
  client = await net.open(device)
  expect(client.session.snapshot).toMatchObject({ account: { phraseConfirmed: true } })
  await client[Symbol.asyncDispose]()
})

test('a restored account has its name, and the messages that wait for it', async () => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  await using alice = await newcomer(net, 'Alice')
  const phrase = await alice.revealPhrase()
  await sendTo(bob, accountOf(alice), 'hello')
  await net.clock.advance(seconds(2))
  await using restored = await net.open(net.device())
  const steps: string[] = []
  restored.session.subscribe((state) => steps.push('step' in state ? state.step : state.kind))
  const restoring = restored.restoreAccount({ phrase })
  await net.until(() => restored.session.snapshot.kind === 'ready', seconds(15))
  await restoring
  expect(steps).toEqual(['noAccount', 'connecting', 'profile', 'messages', 'ready'])
  expect(restored.session.snapshot).toMatchObject({ account: { displayName: 'Alice', phraseConfirmed: true } })
  expect(accountOf(restored)).toBe(accountOf(alice))
  expect(await textsOf(restored, accountOf(bob))).toEqual(['hello'])
})

test('a name that one device sets reaches the others', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using second = await net.open(net.device())
  const restoring = second.restoreAccount({ phrase: await alice.revealPhrase() })
  await net.until(() => second.session.snapshot.kind === 'ready')
  await restoring
  await alice.setDisplayName('Alicia')
  await net.clock.advance(seconds(5))
  expect(second.session.snapshot).toMatchObject({ account: { displayName: 'Alicia' } })
})

test('an account without a profile in its swarm asks for a name', async () => {
  const net = new FakeNetwork()
  const phrase = 'fizzle fancy joyous biweekly hairy rumble vats jogger agreed ruthless mesh fully rumble'
  await using client = await net.open(net.device())
  await expect(client.restoreAccount({ phrase: `${phrase} more` })).rejects.toMatchObject({ code: 'word_count' })
  expect(client.session.snapshot.kind).toBe('noAccount')
  const restoring = client.restoreAccount({ phrase })
  await net.until(() => client.session.snapshot.kind === 'needsName', seconds(15))
  await restoring
  await client.setDisplayName('Alice')
  expect(client.session.snapshot).toMatchObject({ kind: 'ready', account: { displayName: 'Alice' } })
})

test('a restore without a network ends after 15 seconds, and finds the name when it is back', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  const device = net.device()
  device.offline = true
  await using client = await net.open(device)
  const restoring = client.restoreAccount({ phrase: await alice.revealPhrase() })
  await net.clock.advance(seconds(15))
  await restoring
  expect(client.session.snapshot.kind).toBe('needsName')
  device.offline = false
  await net.until(() => client.session.snapshot.kind === 'ready')
  expect(client.session.snapshot).toMatchObject({ account: { displayName: 'Alice' } })
})

test('a restore that is called off ends with the reason, and asks for a name', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  const device = net.device()
  device.offline = true
  await using client = await net.open(device)
  const call = new AbortController()
  const restoring = client.restoreAccount({ phrase: await alice.revealPhrase(), signal: call.signal })
  const ended = expect(restoring).rejects.toBe('enough')
  await net.clock.advance(seconds(2))
  call.abort('enough')
  await ended
  expect(client.session.snapshot.kind).toBe('needsName')
})

test('a restore that was cut short goes on at the next start', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  const device = net.device()
  const phrase = await alice.revealPhrase()
  {
    device.offline = true
    await using client = await net.open(device)
    void client.restoreAccount({ phrase })
    await net.clock.advance(seconds(1))
  }
  device.offline = false
  await using client = await net.open(device)
  await net.until(() => client.session.snapshot.kind === 'ready')
  expect(client.session.snapshot).toMatchObject({ account: { displayName: 'Alice' } })
})

test('an erased device knows nothing, and can begin anew, also after a restart', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  let client = await newcomer(net, 'Alice', device)
  const before = accountOf(client)
  await sendTo(client, before, 'a note')
  const key = await device.vault.open()
  await client.eraseDevice()
  expect(await device.vault.open()).not.toEqual(key)
  expect(client.session.snapshot).toEqual({ kind: 'noAccount' })
  expect(client.conversations.snapshot).toEqual([])
  await client.createAccount({ displayName: 'Someone' })
  const after = accountOf(client)
  expect(after).not.toBe(before)
  await net.until(() => isConnected(client))
  await client[Symbol.asyncDispose]()
  client = await net.open(device)
  expect(accountOf(client)).toBe(after)
  expect(await textsOf(client, before)).toEqual([])
  await client[Symbol.asyncDispose]()
})

test('a store that cannot be read shows in the session, and can be erased', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await (await newcomer(net, 'Alice', device))[Symbol.asyncDispose]()
  await device.vault.erase()
  await using client = await net.open(device)
  {
    await using again = await net.open(device)
    await again.eraseDevice()
    await using fresh = await net.open(device)
    expect(fresh.session.snapshot).toEqual({ kind: 'noAccount' })
  }
  expect(client.session.snapshot).toEqual({ kind: 'failed', code: 'store_unreadable' })
  await expect(client.createAccount({ displayName: 'x' })).rejects.toMatchObject({ code: 'unreadable' })
})

test('a closed client leaves nobody waiting', async () => {
  const net = new FakeNetwork()
  const alice = await newcomer(net, 'Alice')
  await net.clock.advance(minutes(1))
  await alice[Symbol.asyncDispose]()
  await net.clock.advance(minutes(2))
  expect(net.clock.pending).toBe(0)
})

test('no log names an account, a node’s address or what was written', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  net.stop(net.swarmOf(bob)[0]!)
  await sendTo(alice, accountOf(bob), 'a secret')
  for (const node of net.swarmOf(alice)) node.storeStatus = 500
  await alice.setDisplayName('Alice B.')
  await net.clock.advance(minutes(3))
  const log = net.log.text()
  expect(log).not.toBe('')
  for (const secret of [
    accountOf(alice),
    accountOf(bob),
    'a secret',
    'Alice',
    '10.0.',
    ...net.nodes.map(({ id }) => id),
  ]) {
    expect(log.includes(secret)).toBe(false)
  }
})
