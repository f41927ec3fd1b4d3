/** Every call that can be called off, and what that leaves behind: the rule of `CallOptions`. */
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { seconds } from '@starling/protocol'
import { expect } from 'expect'
import type { CallOptions, Client, ConversationId, History, MessageId } from './api.ts'
import { createClient } from './create-client.ts'
import { ClientFiles } from './files/client-files.ts'
import { MemoryFileStorage } from './files/memory-file-storage.ts'
import { MessageHistory } from './messages/message-history.ts'
import { StarlingClient } from './starling-client.ts'
import { MemoryStore } from './store/memory-store.ts'
import { collect } from './testing/collect.ts'
import { type FakeDevice, FakeNetwork } from './testing/fake-network.ts'
import { accountOf, befriend, findText, idWith, newcomer } from './testing/meet.ts'

type Scene = {
  readonly client: Client
  readonly history: History
  readonly other: ConversationId
  readonly message: MessageId
  readonly own: MessageId
}
type Call = (scene: Scene, options: Required<CallOptions>) => Promise<unknown>

const passphrase = 'correct horse'
const picture = { url: 'http://files.invalid/file/1', key: new Uint8Array(32) }
const archive = async function* () {
  yield new Uint8Array(100)
}

/** In the order in which they can follow each other on a device: what ends something comes last. */
const CLIENT: Readonly<Record<string, Call>> = {
  hasPassphrase: ({ client }, options) => client.hasPassphrase(options),
  revealPhrase: ({ client }, options) => client.revealPhrase(options),
  safetyNumber: ({ client, other }, options) => client.safetyNumber(other, options),
  search: ({ client }, options) => client.search('welcome', options),
  history: ({ client, other }, options) => client.history(other, options),
  flush: ({ client }, options) => client.flush(options),
  exportArchive: ({ client }, options) => collect(client.exportArchive({ passphrase, ...options })),
  exportReadable: ({ client }, options) => collect(client.exportReadable(options)),
  importArchive: ({ client }, options) => client.importArchive(archive(), { passphrase, ...options }),
  createAccount: ({ client }, options) => client.createAccount({ displayName: 'Eve', ...options }),
  restoreAccount: async ({ client }, options) =>
    client.restoreAccount({ phrase: await client.revealPhrase(), ...options }),
  confirmPhrase: async ({ client }, options) => {
    const words = (await client.revealPhrase()).split(' ').slice(0, 2)
    return client.confirmPhrase(
      words.map((word, index) => ({ word, index })),
      options,
    )
  },
  setDisplayName: ({ client }, options) => client.setDisplayName('Alicia', options),
  setProfilePicture: ({ client }, options) => client.setProfilePicture(picture, options),
  changeSettings: ({ client }, options) => client.changeSettings({ typing: true }, options),
  startConversation: ({ client }, options) => client.startConversation(accountOf(client), options),
  updateConversation: ({ client, other }, options) => client.updateConversation(other, { pinned: true }, options),
  setExpiration: ({ client, other }, options) =>
    client.setExpiration(other, { mode: 'afterSend', seconds: 3600 }, options),
  setTyping: ({ client, other }, options) => client.setTyping(other, true, options),
  send: ({ client, other }, options) => client.send(other, 'more', options),
  react: ({ client, message }, options) => client.react(message, '👍', options),
  removeReaction: ({ client, message }, options) => client.removeReaction(message, '👍', options),
  retry: ({ client, own }, options) => client.retry(own, options),
  reportMediaSaved: ({ client, message }, options) => client.reportMediaSaved(message, options),
  deleteForMe: ({ client, message }, options) => client.deleteForMe(message, options),
  deleteMessages: ({ client, own }, options) => client.deleteMessages([own], 'everyone', options),
  deleteConversation: ({ client, other }, options) => client.deleteConversation(other, options),
  setPassphrase: ({ client }, options) => client.setPassphrase({ next: passphrase }, options),
  lock: ({ client }, options) => client.lock(options),
  unlock: ({ client }, options) => client.unlock(passphrase, options),
  eraseDevice: ({ client }, options) => client.eraseDevice(options),
}

const HISTORY: Readonly<Record<string, Call>> = {
  loadOlder: ({ history }, options) => history.loadOlder(options),
  loadNewer: ({ history }, options) => history.loadNewer(options),
  jumpToLatest: ({ history }, options) => history.jumpToLatest(options),
  jumpTo: ({ history, message }, options) => history.jumpTo(message, options),
  markRead: ({ history, message }, options) => history.markRead(message, options),
}

const FILES: Readonly<Record<string, Call>> = {
  upload: ({ client }, options) => client.files.upload({ bytes: new Uint8Array(9) }, options),
  uploadPicture: ({ client }, options) => client.files.uploadPicture(new Uint8Array(9), options),
  download: ({ client, message }, options) => client.files.download(message, 0, options),
  downloadPicture: ({ client }, options) => client.files.downloadPicture(picture, options),
  preview: ({ client }, options) => client.files.preview('nothing to see', options),
  kept: ({ client, message }, options) => client.files.kept(message, 0, options),
  keptUsage: ({ client }, options) => client.files.keptUsage(options),
  forgetKept: ({ client }, options) => client.files.forgetKept(options),
}

/** History first: with its conversation it goes. */
const ALL = Object.entries({ ...HISTORY, ...FILES, ...CLIENT })

/** All that the device keeps. */
async function stored({ disk, vault }: FakeDevice): Promise<unknown> {
  return [new Map(disk.records), await vault.open()]
}

async function scene() {
  const net = new FakeNetwork()
  net.files = new MemoryFileStorage()
  const device = net.device()
  const client = await newcomer(net, 'Alice', device)
  const bob = await newcomer(net, 'Bob')
  await befriend(net, client, bob)
  const { id: message } = await findText(client, bob, 'welcome')
  const { id: own } = await findText(client, bob, 'hello')
  const other = idWith(bob)
  const history = await client.history(other)
  return { net, device, client, history, other, message, own }
}

const methodsOf = (type: { readonly prototype: object }) =>
  Object.getOwnPropertyNames(type.prototype).filter(
    (name) => name !== 'constructor' && !Object.getOwnPropertyDescriptor(type.prototype, name)?.get,
  )

test('the calls below are all that there are', () => {
  expect(new Set(Object.keys(CLIENT))).toEqual(new Set(methodsOf(StarlingClient)))
  expect(new Set(Object.keys(HISTORY))).toEqual(new Set(methodsOf(MessageHistory)))
  expect(new Set(Object.keys(FILES))).toEqual(new Set(methodsOf(ClientFiles)))
})

test('a call that was called off before rejects with the reason, and does nothing', async () => {
  const all = await scene()
  await using _ = all.client
  const reason = new Error('enough')
  const before = await stored(all.device)
  const { session, conversations, settings } = all.client
  const shown = [session.snapshot, conversations.snapshot, settings.snapshot, all.history.state.snapshot]
  for (const [name, call] of ALL) {
    const signal = AbortSignal.abort(reason)
    const outcome = await call(all, { signal }).then(
      () => 'resolved',
      (error: unknown) => error,
    )
    expect([name, outcome]).toEqual([name, reason])
    expect([name, getEventListeners(signal, 'abort').length]).toEqual([name, 0])
  }
  await all.net.clock.advance(seconds(1))
  expect(await stored(all.device)).toEqual(before)
  expect([session.snapshot, conversations.snapshot, settings.snapshot, all.history.state.snapshot]).toEqual(shown)
})

/** Alone in that they keep what came by then, or that another one is needed before. */
const APART = ['importArchive', 'createAccount', 'restoreAccount', 'download', 'downloadPicture', 'kept']

for (const [name, call] of ALL.filter(([each]) => !APART.includes(each))) {
  test(`${name}, called off while it runs, is done or rejects with the reason and wrote nothing`, async () => {
    const all = await scene()
    await using _ = all.client
    const { client, device } = all
    if (name === 'lock' || name === 'unlock') await client.setPassphrase({ next: passphrase })
    if (name === 'unlock') await client.lock()
    const before = await stored(device)
    const life = new AbortController()
    const reason = new Error('enough')
    const under = call(all, { signal: life.signal }).then(
      () => 'resolved',
      (error: unknown) => error,
    )
    life.abort(reason)
    const outcome = await under
    expect(['resolved', reason]).toContain(outcome)
    expect(getEventListeners(life.signal, 'abort').length).toBe(0)
    if (outcome === reason && name !== 'unlock') expect(await stored(device)).toEqual(before)
  })
}

test('who waits for a turn is called off at once, and an unlock that was called off leaves the device locked', async () => {
  const { client, net } = await scene()
  await using _ = client
  await client.setPassphrase({ next: passphrase })
  await client.lock()
  const life = new AbortController()
  const unlocking = client.unlock(passphrase, { signal: life.signal })
  life.abort(new Error('enough'))
  await expect(unlocking).rejects.toThrow('enough')
  expect(client.session.snapshot).toEqual({ kind: 'locked' })
  await client.unlock(passphrase)
  expect(client.session.snapshot.kind).toBe('ready')
  const device = net.device()
  device.offline = true
  await using second = await net.open(device)
  const restoring = second.restoreAccount({ phrase: await client.revealPhrase() })
  const waiting = second.setDisplayName('Eve', { signal: AbortSignal.timeout(1) })
  await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(second.session.snapshot.kind).toBe('restoring')
  await net.clock.advance(seconds(15))
  await restoring
  expect(second.session.snapshot.kind).toBe('needsName')
})

test('an import whose source hangs can be called off', async () => {
  const { client } = await scene()
  await using _ = client
  const life = new AbortController()
  const hanging = async function* () {
    life.abort(new Error('enough'))
    yield await new Promise<Uint8Array>(() => {})
  }
  await expect(client.importArchive(hanging(), { passphrase, signal: life.signal })).rejects.toThrow('enough')
  expect(getEventListeners(life.signal, 'abort').length).toBe(0)
})

test('a client that is called off closes its store', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  const { file: network, crypto, random, log: logger } = net
  const ports = { network, crypto, random, logger, clock: device.clock, transport: device, vault: device.vault }
  const before = { store: new MemoryStore(device.disk), signal: AbortSignal.abort(new Error('enough')) }
  await expect(createClient({ ...ports, ...before })).rejects.toThrow('enough')
  expect(device.disk.inUse).toBe(false)
  expect(device.disk.records.size).toBe(0)
  const life = new AbortController()
  const opening = createClient({ ...ports, store: new MemoryStore(device.disk), signal: life.signal })
  life.abort(new Error('enough'))
  await expect(opening).rejects.toThrow('enough')
  expect(device.disk.inUse).toBe(false)
})
