/** A client with a passphrase: what others see of it while it is locked, and that it works as before once it is not. */
import { test } from 'node:test'
import { seconds } from '@starling/protocol'
import { expect } from 'expect'
import { FakeNetwork } from './testing/fake-network.ts'
import { accountOf, isConnected, newcomer, sendTo, textsOf } from './testing/meet.ts'

const locked = expect.objectContaining({ name: 'ClientStateError', code: 'locked' })
const passphraseError = (code: string) => expect.objectContaining({ name: 'PassphraseError', code })

test('a locked client shows and does nothing, and goes on when it is unlocked', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  const [a, b] = [accountOf(alice), accountOf(bob)]
  await sendTo(alice, b, 'before')
  await net.clock.advance(seconds(5))
  await expect(alice.lock()).rejects.toEqual(passphraseError('none'))
  await alice.setPassphrase({ next: 'correct horse' })
  expect(await alice.hasPassphrase()).toBe(true)
  await alice.lock()
  expect(alice.session.snapshot).toEqual({ kind: 'locked' })
  expect(alice.conversations.snapshot).toEqual([])
  await expect(alice.revealPhrase()).rejects.toEqual(locked)
  await expect(alice.startConversation(b)).rejects.toEqual(locked)
  await expect(alice.createAccount({ displayName: 'Mallory' })).rejects.toEqual(locked)
  await expect(alice.setPassphrase({ old: 'correct horse' })).rejects.toEqual(locked)
  await sendTo(bob, a, 'meanwhile')
  await net.clock.advance(seconds(5))
  await expect(alice.unlock('wrong')).rejects.toEqual(passphraseError('wrong'))
  expect(alice.session.snapshot).toEqual({ kind: 'locked' })
  await alice.unlock('correct horse')
  await alice.unlock('correct horse')
  expect(accountOf(alice)).toBe(a)
  await net.until(() => isConnected(alice))
  await net.clock.advance(seconds(5))
  expect(await textsOf(alice, b)).toEqual(['before', 'notice', 'meanwhile'])
  await sendTo(alice, b, 'after')
  await net.clock.advance(seconds(5))
  expect(await textsOf(bob, a)).toEqual(['before', 'meanwhile', 'after'])
})

test('a device with a passphrase starts locked, says how long to wait, and can be erased', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  const first = await newcomer(net, 'Alice', device)
  await first.setPassphrase({ next: 'correct horse' })
  await first[Symbol.asyncDispose]()
  await using alice = await net.open(device)
  for (let attempt = 0; attempt < 3; attempt++) {
    expect(alice.session.snapshot).toEqual({ kind: 'locked' })
    await expect(alice.unlock('wrong')).rejects.toEqual(passphraseError('wrong'))
  }
  expect(alice.session.snapshot).toEqual({ kind: 'locked', retryAt: net.clock.now() + seconds(5) })
  await expect(alice.unlock('correct horse')).rejects.toEqual(passphraseError('too_soon'))
  await alice.eraseDevice()
  expect(alice.session.snapshot).toEqual({ kind: 'noAccount' })
  expect(await alice.hasPassphrase()).toBe(false)
  await alice.createAccount({ displayName: 'Someone' })
  expect(alice.session.snapshot.kind).toBe('ready')
})

test('a passphrase that was removed is asked for no more', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  const first = await newcomer(net, 'Alice', device)
  await first.setPassphrase({ next: 'one' })
  await first.setPassphrase({ old: 'one', next: 'two' })
  await expect(first.setPassphrase({ old: 'one' })).rejects.toEqual(passphraseError('wrong'))
  await first.setPassphrase({ old: 'two' })
  await first[Symbol.asyncDispose]()
  await using alice = await net.open(device)
  expect(alice.session.snapshot.kind).toBe('ready')
})
