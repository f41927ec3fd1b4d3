/** Taking everything along: to a new device, to one that has some of it, and as files to read. */
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type AccountId, fromUtf8, joinBytes, seconds } from '@starling/protocol'
import { expect } from 'expect'
import type { Client } from './api.ts'
import { type ArchiveLine, decodeLines, encodeLines } from './archive/archive-lines.ts'
import { openArchive, sealArchive } from './archive/archive-stream.ts'
import { collect } from './testing/collect.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { accountOf, messagesOf, newcomer, sendTo, textsOf } from './testing/meet.ts'

const passphrase = 'correct horse'
const archiveError = (code: string) => expect.objectContaining({ name: 'ArchiveError', code })

async function* from(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function archiveOf(client: Client): Promise<Uint8Array> {
  return joinBytes(await collect(client.exportArchive({ passphrase })))
}

/** Without the lines that say what happened. */
async function saidIn(client: Client, id: AccountId): Promise<string[]> {
  return (await textsOf(client, id)).filter((text) => text !== 'notice')
}

async function household() {
  const net = new FakeNetwork()
  const alice = await newcomer(net, 'Alice')
  const bob = await newcomer(net, 'Bob')
  const [a, b] = [accountOf(alice), accountOf(bob)]
  await sendTo(alice, b, 'hello')
  await net.clock.advance(seconds(5))
  await sendTo(bob, a, 'hello yourself')
  await sendTo(alice, a, 'a note')
  await net.clock.advance(seconds(5))
  await alice.updateConversation(await alice.startConversation(b), { pinned: true, nickname: 'Bobby' })
  return { net, alice, bob, a, b }
}

test('a new device has all of it, account, conversations, messages and search, without the network', async () => {
  const { net, alice, a, b } = await household()
  const phrase = await alice.revealPhrase()
  const archive = await archiveOf(alice)
  const device = net.device()
  device.offline = true
  await using other = await net.open(device)
  expect(await other.importArchive(from(archive), { passphrase })).toEqual({ conversations: 2, messages: 4 })
  expect(accountOf(other)).toBe(a)
  expect(await other.revealPhrase()).toBe(phrase)
  expect(other.conversations.snapshot[0]).toMatchObject({ id: b, title: 'Bobby', pinned: true, unread: 0 })
  expect(await saidIn(other, b)).toEqual(['hello', 'hello yourself'])
  expect((await messagesOf(other, b))[0]?.delivery?.kind).toBe('stored')
  expect((await other.search('hello')).length).toBe(2)
  await other[Symbol.asyncDispose]()
  await using again = await net.open(device)
  expect(await saidIn(again, a)).toEqual(['a note'])
})

test('what is here stays, what is missing comes, and once more changes nothing', async () => {
  const { net, alice, bob, a, b } = await household()
  const archive = await archiveOf(alice)
  const [note] = await messagesOf(alice, a)
  await alice.deleteForMe(note!.id)
  await sendTo(bob, a, 'later')
  await net.clock.advance(seconds(5))
  expect(await alice.importArchive(from(archive), { passphrase })).toEqual({ conversations: 0, messages: 0 })
  expect(await saidIn(alice, a)).toEqual([])
  expect(await saidIn(alice, b)).toEqual(['hello', 'hello yourself', 'later'])
  const device = net.device()
  device.offline = true
  await using other = await net.open(device)
  await other.importArchive(from(archive), { passphrase })
  expect(await other.importArchive(from(await archiveOf(alice)), { passphrase })).toEqual({
    conversations: 0,
    messages: 1,
  })
  expect(await saidIn(other, b)).toEqual(['hello', 'hello yourself', 'later'])
})

test('another account, another passphrase and damage are refused', async () => {
  const { alice, bob, net, b } = await household()
  const archive = await archiveOf(alice)
  await expect(bob.importArchive(from(archive), { passphrase })).rejects.toEqual(archiveError('other_account'))
  await expect(bob.importArchive(from(archive), { passphrase: 'wrong' })).rejects.toEqual(
    archiveError('passphrase_or_damage'),
  )
  const device = net.device()
  await using other = await net.open(device)
  await expect(other.importArchive(from(archive.slice(0, -9)), { passphrase })).rejects.toEqual(
    expect.objectContaining({ name: 'ArchiveError' }),
  )
  expect(other.session.snapshot).toEqual({ kind: 'noAccount' })
  expect(await saidIn(bob, accountOf(alice))).toEqual(['hello', 'hello yourself'])
  expect(b).toBe(accountOf(bob))
})

/** Several pieces of Alice's archive: in the last one stands nothing but its end. */
async function longArchive({ net, alice }: { readonly net: FakeNetwork; readonly alice: Client }): Promise<Uint8Array> {
  const { crypto, random } = net
  const short = decodeLines(openArchive(from(await archiveOf(alice)), { crypto, passphrase }))
  const lines = async function* () {
    for await (const line of short) {
      if (line.kind === 'end') yield { kind: 'filler', of: 'x'.repeat(200_000) } as unknown as ArchiveLine
      yield line
    }
  }
  const sealed = sealArchive(encodeLines(lines()), { crypto, random, passphrase, cost: { memoryKib: 8, passes: 1 } })
  return joinBytes(await collect(sealed))
}

test('of a broken archive nothing stays on a new device, unless what can be read is wanted', async () => {
  const { net, alice, a, b } = await household()
  const archive = await longArchive({ net, alice })
  const broken = archive.slice(0, -9)
  const device = net.device()
  device.offline = true
  await using other = await net.open(device)
  let read = 0
  const onProgress = ({ bytes }: { bytes: number }) => (read = bytes)
  const importing = other.importArchive(from(broken), { passphrase, onProgress })
  await expect(importing).rejects.toEqual(archiveError('damaged'))
  expect([read, other.session.snapshot, other.conversations.snapshot]).toEqual([
    broken.length,
    { kind: 'noAccount' },
    [],
  ])
  await other.createAccount({ displayName: 'Carol' })
  expect(accountOf(other)).not.toBe(a)
  await other.eraseDevice()
  const asked = other.importArchive(from(broken), { passphrase, keepsPart: true })
  await expect(asked).rejects.toEqual(archiveError('damaged'))
  expect(accountOf(other)).toBe(a)
  expect(await saidIn(other, b)).toEqual(['hello', 'hello yourself'])
})

test('an import to a new device that is called off or cut short leaves nothing', async () => {
  const { net, alice, b } = await household()
  const archive = await longArchive({ net, alice })
  const device = net.device()
  device.offline = true
  await using other = await net.open(device)
  const life = new AbortController()
  const isUnderWay = () => other.conversations.snapshot.length > 0
  const hanging = async function* () {
    yield archive.slice(0, -9)
    await new Promise(() => {})
  }
  const importing = other.importArchive(hanging(), { passphrase, signal: life.signal }).catch((error: unknown) => error)
  while (!isUnderWay()) await setImmediate()
  // As a disk is after a crash.
  const crashed = net.device()
  crashed.offline = true
  await crashed.vault.open()
  await crashed.vault.replace(await device.vault.open())
  for (const [key, value] of device.disk.records) crashed.disk.records.set(key, value)
  await using again = await net.open(crashed)
  expect([again.session.snapshot, again.conversations.snapshot]).toEqual([{ kind: 'noAccount' }, []])
  life.abort(new Error('enough'))
  expect(await importing).toEqual(new Error('enough'))
  expect([other.session.snapshot, other.conversations.snapshot]).toEqual([{ kind: 'noAccount' }, []])
  await again.importArchive(from(archive), { passphrase })
  expect(await saidIn(again, b)).toEqual(['hello', 'hello yourself'])
  await again[Symbol.asyncDispose]()
  await using whole = await net.open(crashed)
  expect(await saidIn(whole, b)).toEqual(['hello', 'hello yourself'])
})

test('what still waits on one device does not go out from another', async () => {
  const { net, alice, b } = await household()
  for (const node of net.nodes) net.stop(node)
  await net.clock.advance(seconds(1))
  await sendTo(alice, b, 'waiting')
  const archive = await archiveOf(alice)
  const device = net.device()
  device.offline = true
  await using other = await net.open(device)
  await other.importArchive(from(archive), { passphrase })
  expect((await messagesOf(other, b)).at(-1)?.delivery).toEqual({ kind: 'failed', reason: 'unreachable' })
})

test('the readable files hold what was said, and no key', async () => {
  const { alice, a, b } = await household()
  const files = new Map<string, string>()
  for await (const { path, content } of alice.exportReadable()) {
    files.set(path, fromUtf8(joinBytes(await collect(content))))
  }
  const json = (path: string) => JSON.parse(files.get(path)!)
  expect(json('account.json')).toMatchObject({ accountId: a, displayName: 'Alice' })
  const conversations: { accountId: string; file: string }[] = json('conversations.json')
  const { file } = conversations.find(({ accountId }) => accountId === b)!
  expect(json(file)).toMatchObject([
    { author: a, direction: 'outgoing', text: 'hello' },
    { author: b, direction: 'incoming', notice: { kind: 'requestAccepted' } },
    { author: b, direction: 'incoming', text: 'hello yourself' },
  ])
  expect(json(file)[0].sentAt).toMatch(/^2026-01-01T00:00:/)
  expect([...files.values()].join('')).not.toContain('seed')
  expect(files.size).toBe(4)
})

test('a device without an account has nothing to export, and an export can be called off', async () => {
  const net = new FakeNetwork()
  await using nobody = await net.open(net.device())
  expect(() => nobody.exportArchive({ passphrase })).toThrow(expect.objectContaining({ code: 'no_account' }))
  const { alice } = await household()
  const called = new AbortController()
  called.abort()
  await expect(collect(alice.exportArchive({ passphrase, signal: called.signal }))).rejects.toThrow()
})
