/** Files of messages in the readable export. */
import { test } from 'node:test'
import { equalBytes, fromUtf8, joinBytes, seconds } from '@starling/protocol'
import { expect } from 'expect'
import type { Client, ReadableOptions } from '../api.ts'
import { MemoryFileStorage } from '../files/memory-file-storage.ts'
import { collect } from '../testing/collect.ts'
import { FakeNetwork } from '../testing/fake-network.ts'
import { accountOf, newcomer } from '../testing/meet.ts'

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 241)

/** Counts what is asked for, and can lose a file. */
class CountingStorage extends MemoryFileStorage {
  downloads = 0
  readonly urls: string[] = []
  override async upload(...args: Parameters<MemoryFileStorage['upload']>): Promise<string> {
    const url = await super.upload(...args)
    this.urls.push(url)
    return url
  }
  override download(...args: Parameters<MemoryFileStorage['download']>): AsyncGenerator<Uint8Array> {
    this.downloads++
    return super.download(...args)
  }
}

async function withFiles(...names: readonly string[]) {
  const net = new FakeNetwork()
  const storage = new CountingStorage()
  net.files = storage
  const client = await newcomer(net, 'Alice')
  const notes = await client.startConversation(accountOf(client))
  const attachments = []
  for (const fileName of names) attachments.push(await client.files.upload({ bytes, fileName, contentType: 'a/b' }))
  await client.send(notes, { text: 'look', attachments })
  await net.clock.advance(seconds(5))
  return { client, storage }
}

async function exported(client: Client, options: ReadableOptions) {
  const files = new Map<string, Uint8Array>()
  for await (const { path, content } of client.exportReadable(options)) {
    files.set(path, joinBytes(await collect(content)))
  }
  const json = JSON.parse(fromUtf8(files.get('conversations/0001.json')!))
  return { files, attachments: json[0].attachments }
}

test('files come beside the JSON that names them, under names of our own', async () => {
  const { client } = await withFiles('holiday.JPG', '../../etc/passwd', 'run.exe', 'a.png/..\\', '.json')
  await using _ = client
  const { files, attachments } = await exported(client, { media: true })
  const endings = ['jpg', 'bin', 'bin', 'bin', 'json']
  const paths = endings.map((ending, i) => `conversations/0001/000${i + 1}.${ending}`)
  expect(attachments.map(({ file }: { file: string }) => file)).toEqual(paths)
  expect(attachments[1].fileName).toBe('../../etc/passwd')
  for (const path of paths) expect(equalBytes(files.get(path)!, bytes)).toBe(true)
  expect(files.size).toBe(3 + paths.length)
})

test('a file that is gone is named with the reason, and the others come', async () => {
  const { client, storage } = await withFiles('one.png', 'two.png')
  await using _ = client
  storage.remove(storage.urls[0]!)
  const { files, attachments } = await exported(client, { media: true })
  expect(attachments).toMatchObject([{ missing: 'file_gone' }, { file: 'conversations/0001/0001.png' }])
  expect([...files.keys()]).toEqual([
    'account.json',
    'conversations.json',
    'conversations/0001/0001.png',
    'conversations/0001.json',
  ])
})

test('nothing is downloaded unless told, and not before it is asked for', async () => {
  const { client, storage } = await withFiles('one.png', 'two.png')
  await using _ = client
  const { files, attachments } = await exported(client, {})
  expect([storage.downloads, files.size]).toEqual([0, 3])
  expect(Object.keys(attachments[0])).not.toContain('file')
  for await (const { path } of client.exportReadable({ media: true })) if (path.endsWith('.png')) break
  expect(storage.downloads).toBe(1)
})

test('who calls the export off ends it between files, and a file that is under way', async () => {
  const { client, storage } = await withFiles('one.png', 'two.png')
  await using _ = client
  const life = new AbortController()
  const reason = new Error('enough')
  const download = storage.download.bind(storage)
  storage.download = (...args) => {
    life.abort(reason)
    return download(...args)
  }
  await expect(collect(client.exportReadable({ media: true, signal: life.signal }))).rejects.toBe(reason)
})

test('pictures that are here are not fetched for it, and those that are fetched do not stay', async () => {
  const { client, storage } = await withFiles('one.png', 'two.png')
  await using _ = client
  const notes = await client.startConversation(accountOf(client))
  const attachments = [await client.files.upload({ bytes, contentType: 'image/png' })]
  await client.send(notes, { text: 'kept', attachments: [...attachments] })
  await client.files.forgetKept()
  const { files } = await exported(client, { media: true })
  expect([files.size, storage.downloads, await client.files.keptUsage()]).toEqual([6, 3, { files: 0, bytes: 0 }])
  await using history = await client.history(notes)
  const { id } = history.state.snapshot.messages.at(-1)!
  await client.files.download(id, 0)
  await exported(client, { media: true })
  expect(storage.downloads).toBe(3 + 1 + 2)
})
