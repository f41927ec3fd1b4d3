import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import {
  AccountIdError,
  type CallOptions,
  type ConversationId,
  type FileCalls,
  type ImportOptions,
  type MessageId,
  RecoveryPhraseError,
} from '@starling/client'
import { expect } from 'expect'
import { FakeClient, type FakeClientOptions } from '../testing/fake-client.ts'
import { longConversation, sampleAccountId } from '../testing/sample-data.ts'
import { chunksOf } from './chunks.ts'
import { ClientProxy } from './client-proxy.ts'
import { serveClient } from './client-server.ts'
import { RemoteError } from './error-record.ts'
import type { Port } from './messages.ts'

const wendy = sampleAccountId('Wendy') as string as ConversationId

function bridge(options: FakeClientOptions = {}) {
  const { port1, port2 } = new MessageChannel()
  const client = new FakeClient(options)
  const broken: string[] = []
  const proxy = new ClientProxy(port1 as unknown as Port, { onBroken: (code) => broken.push(code) })
  serveClient(port2 as unknown as Port, Promise.resolve(client))
  port1.start()
  port2.start()
  return { client, proxy, broken, port: port2, [Symbol.dispose]: () => port1.close() }
}

test('calls reach the client, and what they changed is there when they resolve', async () => {
  using b = bridge({ session: { kind: 'noAccount' } })
  expect(b.proxy.session.snapshot).toEqual({ kind: 'opening' })
  await b.proxy.createAccount({ displayName: 'Alice' })
  expect(b.proxy.session.snapshot).toMatchObject({ kind: 'ready', account: { displayName: 'Alice' } })
  expect(b.proxy.session.snapshot).toEqual(b.client.session.snapshot)
  expect(b.proxy.conversations.snapshot).toEqual(b.client.conversations.snapshot)
  expect(b.proxy.network.snapshot).toEqual(b.client.network.snapshot)
})

test('every action of the client can be called from the page', async () => {
  using b = bridge()
  await b.proxy.updateConversation(wendy, { pinned: false, draft: 'hello', accepted: true })
  expect(b.proxy.conversations.snapshot.find(({ id }) => id === wendy)).toMatchObject({ pinned: false, draft: 'hello' })
  const sent = await b.proxy.send(wendy, 'hi')
  await b.proxy.retry(sent)
  await b.proxy.deleteForMe(sent)
  expect(await b.proxy.startConversation(sampleAccountId('Carol'))).toBe(sampleAccountId('Carol'))
  const phrase = (await b.proxy.revealPhrase()).split(' ')
  expect(await b.proxy.confirmPhrase([{ index: 3, word: 'zoom' }])).toBe(false)
  expect(await b.proxy.confirmPhrase([{ index: 3, word: phrase[3] ?? '' }])).toBe(true)
  await b.proxy.deleteConversation(wendy)
  expect(b.proxy.conversations.snapshot.some(({ id }) => id === wendy)).toBe(false)
  await b.proxy.setDisplayName('Alicia')
  await b.proxy.eraseDevice()
  expect(b.proxy.session.snapshot).toEqual({ kind: 'noAccount' })
  await b.proxy.restoreAccount({ phrase: 'any' })
  expect(b.proxy.session.snapshot).toEqual({ kind: 'needsName' })
})

test('calls about files cross, with their bytes and their errors', async () => {
  using b = bridge()
  const bytes = Uint8Array.of(1, 2, 3)
  const gone = { code: 'files_unavailable' }
  await expect(b.proxy.files.upload({ bytes: bytes.slice(), fileName: 'a.png' })).rejects.toMatchObject(gone)
  await expect(b.proxy.files.uploadPicture(bytes.slice())).rejects.toMatchObject(gone)
  await expect(b.proxy.files.downloadPicture({ url: 'http://files/file/1', key: bytes })).rejects.toMatchObject(gone)
  expect(await b.proxy.files.preview('see https://a.example/')).toBe(undefined)
  const sent = await b.proxy.send(wendy, 'hi')
  await expect(b.proxy.files.download(sent, 0)).rejects.toMatchObject(gone)
  const picture = { url: 'http://files/file/2', key: new Uint8Array(32).fill(4) }
  Object.assign(b.client.files, { uploadPicture: async () => picture, download: async () => bytes.slice() })
  expect(await b.proxy.files.uploadPicture(bytes.slice())).toEqual(picture)
  expect(await b.proxy.files.download(sent, 0)).toEqual(bytes)
})

test('bytes of a file change hands on both ways, with nothing else of their buffers', async () => {
  using b = bridge()
  const sent = Uint8Array.of(1, 2, 3)
  const arrived: Uint8Array[] = []
  Object.assign(b.client.files, {
    upload: async ({ bytes }: { bytes: Uint8Array }) => {
      arrived.push(bytes)
      return { url: 'http://files/file/1', key: bytes.slice() }
    },
    download: async () => new Uint8Array(100).subarray(10, 20),
  })
  await b.proxy.files.upload({ bytes: sent, fileName: 'a.png' })
  expect(arrived).toEqual([Uint8Array.of(1, 2, 3)])
  expect(sent).toHaveLength(0)
  const got = await b.proxy.files.download('1' as MessageId, 0)
  expect([got.length, got.buffer.byteLength]).toEqual([10, 10])
})

test('progress of a file crosses, and so does that nobody waits for it any more', async () => {
  using b = bridge()
  const stopped = Promise.withResolvers<void>()
  const download: FileCalls['download'] = (_message, _index, { signal, onProgress } = {}) => {
    onProgress?.({ bytes: 10, total: 20 })
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        stopped.resolve()
        reject(signal.reason)
      })
    })
  }
  Object.assign(b.client.files, { download })
  const life = new AbortController()
  const seen: unknown[] = []
  const onProgress = (progress: { bytes: number }) => {
    seen.push(progress)
    life.abort(new RangeError('enough'))
  }
  const call = b.proxy.files.download('1' as MessageId, 0, { signal: life.signal, onProgress })
  await expect(call).rejects.toThrow(RangeError)
  await stopped.promise
  expect(seen).toEqual([{ bytes: 10, total: 20 }])
  const late = b.proxy.files.download('1' as MessageId, 0, { signal: life.signal })
  await expect(late).rejects.toThrow(RangeError)
})

test('every call can be called off, and ends as it did on the other side', async () => {
  using b = bridge()
  const late = { signal: AbortSignal.abort(new RangeError('enough')) }
  await expect(b.proxy.revealPhrase(late)).rejects.toThrow(RangeError)
  await expect(b.proxy.createAccount({ displayName: 'Eve', ...late })).rejects.toThrow(RangeError)
  await expect(b.proxy.history(wendy, late)).rejects.toThrow(RangeError)
  const life = new AbortController()
  const hears = async (signal: AbortSignal | undefined) => {
    life.abort(new RangeError('enough'))
    await new Promise((resolve) => signal?.addEventListener('abort', resolve))
  }
  Object.assign(b.client, {
    send: async (_id: unknown, _draft: unknown, options: CallOptions) => {
      await hears(options.signal)
      return 'written'
    },
  })
  expect(await b.proxy.send(wendy, 'hi', life)).toBe('written')
  const second = new AbortController()
  Object.assign(b.client, {
    search: async (_query: unknown, { signal }: CallOptions) => {
      second.abort(new RangeError('enough'))
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  await expect(b.proxy.search('hi', { signal: second.signal })).rejects.toThrow(RangeError)
  expect(getEventListeners(second.signal, 'abort').length).toBe(0)
})

test('a page that goes calls off what was for it alone', async () => {
  using b = bridge()
  const signals: (AbortSignal | undefined)[] = []
  const never = (options: CallOptions) => {
    signals.push(options.signal)
    return new Promise<never>(() => {})
  }
  Object.assign(b.client, {
    send: (_id: unknown, _draft: unknown, options: CallOptions) => never(options),
    search: (_query: unknown, options: CallOptions) => never(options),
  })
  void b.proxy.send(wendy, 'hi')
  void b.proxy.search('hi')
  await b.proxy[Symbol.asyncDispose]()
  expect(signals.map((signal) => signal?.aborted)).toEqual([false, true])
})

test('a history is a window of its own, follows new messages and ends when it is disposed', async () => {
  using b = bridge({ conversations: [longConversation(1_000)] })
  const alice = sampleAccountId('Alice') as string as ConversationId
  const history = await b.proxy.history(alice)
  expect(history.state.snapshot.messages.length).toBe(100)
  await history.loadOlder()
  expect(history.state.snapshot.messages.length).toBe(200)
  const told: number[] = []
  history.state.subscribe(({ messages }) => told.push(messages.length))
  b.client.receive(alice, 'new')
  await history.markRead(history.state.snapshot.messages[0]!.id)
  expect(told.at(-1)).toBe(201)
  await history[Symbol.asyncDispose]()
  b.client.receive(alice, 'newer')
  await b.proxy.setDisplayName('a round trip')
  expect(told.at(-1)).toBe(201)
})

test('errors arrive as what they are, with their fields', async () => {
  using b = bridge()
  const rejection = await b.proxy.startConversation('05zz').catch((error: unknown) => error)
  expect(rejection).toBeInstanceOf(AccountIdError)
  expect(rejection).toMatchObject({ code: 'account_id', reason: 'length', fault: 'input' })

  b.client.restoreAccount = () =>
    Promise.reject(new RecoveryPhraseError('unknown_word', { wordIndex: 4, word: 'secret' }))
  const phraseError = await b.proxy.restoreAccount({ phrase: 'any' }).catch((error: unknown) => error)
  expect(phraseError).toBeInstanceOf(RecoveryPhraseError)
  expect(phraseError).toMatchObject({ code: 'unknown_word', wordIndex: 4, word: undefined })
})

test('of a foreign error nothing but "unknown" is told', async () => {
  using b = bridge()
  b.client.revealPhrase = () => Promise.reject(new TypeError('the phrase is fizzle fancy joyous'))
  const error = await b.proxy.revealPhrase().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RemoteError)
  expect(error).toMatchObject({ code: 'unknown', fault: 'bug' })
  expect(String(error)).not.toContain('fizzle')
})

test('arguments of a wrong form and methods that are not in the list do not reach the client', async () => {
  using b = bridge()
  const wrong = { color: 'red' } as never
  await expect(b.proxy.updateConversation(wendy, wrong)).rejects.toMatchObject({ code: 'unknown' })
  await expect(b.proxy.send(wendy, 7 as never)).rejects.toMatchObject({ code: 'unknown' })
  let reached = false
  Object.assign(b.client, { constructor: () => (reached = true) })
  const { port1, port2 } = new MessageChannel()
  serveClient(port2 as unknown as Port, Promise.resolve(b.client))
  port2.start()
  for (const garbage of [null, 7, 'call', { kind: 'call', id: 1, method: 'constructor', args: [] }, { kind: 'call' }]) {
    port1.postMessage(garbage)
  }
  await b.proxy.setDisplayName('a round trip')
  expect(reached).toBe(false)
  port1.close()
})

test('a client that cannot be opened breaks the proxy, which says so once and fails every call', async () => {
  const { port1, port2 } = new MessageChannel()
  const told = Promise.withResolvers<string>()
  const proxy = new ClientProxy(port1 as unknown as Port, { onBroken: told.resolve })
  const call = proxy.revealPhrase().catch((error: unknown) => error)
  serveClient(port2 as unknown as Port, Promise.reject(new RecoveryPhraseError('checksum')))
  port1.start()
  port2.start()
  expect(await told.promise).toBe('checksum')
  expect(await call).toMatchObject({ code: 'checksum' })
  await expect(proxy.send(wendy, 'hi')).rejects.toMatchObject({ code: 'checksum' })
  port1.close()
})

test('a page that goes hears nothing more, and leaves the client to others', async () => {
  using b = bridge()
  let isDisposed = false
  b.client[Symbol.asyncDispose] = async () => {
    isDisposed = true
  }
  const history = await b.proxy.history(wendy)
  const before = history.state.snapshot
  await b.proxy[Symbol.asyncDispose]()
  b.client.receive(wendy, 'unheard')
  await b.proxy.setDisplayName('a round trip')
  expect(history.state.snapshot).toBe(before)
  expect(b.proxy.session.snapshot).toMatchObject({ account: { displayName: 'Alice' } })
  expect(isDisposed).toBe(false)
})

test('searching, locking and archives cross the port', async () => {
  using b = bridge()
  const { proxy } = b
  const hits = await proxy.search('e', { conversation: wendy, limit: 2 })
  expect(hits.length).toBe(2)
  expect(hits.every(({ message }) => message.conversation === wendy)).toBe(true)
  await proxy.setPassphrase({ next: 'correct horse' })
  expect(await proxy.hasPassphrase()).toBe(true)
  await proxy.lock()
  expect(proxy.session.snapshot).toEqual({ kind: 'locked' })
  await expect(proxy.unlock('wrong')).rejects.toMatchObject({ code: 'wrong' })
  await proxy.unlock('correct horse')
  expect(proxy.session.snapshot.kind).toBe('ready')
  const chunks: number[] = []
  for await (const chunk of proxy.exportArchive({ passphrase: 'x' })) chunks.push(...chunk)
  expect(chunks).toEqual([1, 2, 3])
  const paths: string[] = []
  for await (const { path } of proxy.exportReadable()) paths.push(path)
  expect(paths).toEqual(['account.json'])
  const archive = async function* () {
    yield Uint8Array.of(1, 2)
    yield Uint8Array.of(3)
  }
  expect(await proxy.importArchive(archive(), { passphrase: 'x' })).toEqual({ conversations: 0, messages: 3 })
})

test('what is kept of files crosses the port, and how much of an archive was read', async () => {
  using b = bridge()
  const { client, proxy } = b
  const kept = async (_message: MessageId, index: number) => (index === 0 ? Uint8Array.of(1, 2) : undefined)
  let usage = { files: 1, bytes: 2 }
  const forgetKept = async () => {
    usage = { files: 0, bytes: 0 }
  }
  Object.assign(client.files, { kept, keptUsage: async () => usage, forgetKept })
  expect(await proxy.files.kept('1' as MessageId, 0)).toEqual(Uint8Array.of(1, 2))
  expect(await proxy.files.kept('1' as MessageId, 1)).toBe(undefined)
  expect(await proxy.files.keptUsage()).toEqual({ files: 1, bytes: 2 })
  await proxy.files.forgetKept()
  expect(await proxy.files.keptUsage()).toEqual({ files: 0, bytes: 0 })
  const asked: ImportOptions[] = []
  Object.assign(client, {
    importArchive: async (_: unknown, options: ImportOptions) => {
      asked.push(options)
      options.onProgress?.({ bytes: 3 })
      return { conversations: 0, messages: 0 }
    },
  })
  const read: number[] = []
  const onProgress = ({ bytes }: { readonly bytes: number }) => void read.push(bytes)
  await proxy.importArchive(chunksOf(new Blob(['abc'])), { passphrase: 'x', keepsPart: true, onProgress })
  expect([read, asked[0]?.keepsPart, asked[0]?.passphrase]).toEqual([[3], true, 'x'])
})
