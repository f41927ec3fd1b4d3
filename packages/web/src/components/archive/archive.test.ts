import { test } from 'node:test'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import { type ArchiveClient, createArchive } from './archive.ts'

function set(client: ArchiveClient = new FakeClient()) {
  const saved: { name: string; content: Blob }[] = []
  const model = createArchive({
    client,
    save: (name, content) => saved.push({ name, content }),
    today: () => new Date(Date.UTC(2026, 10, 20)),
  })
  return { model, saved }
}

test('an archive needs a passphrase, twice the same, and becomes one file', async () => {
  const { model, saved } = set()
  for (const [passphrase, repeated, problem] of [
    ['', '', 'empty'],
    ['x'.repeat(1025), 'x'.repeat(1025), 'too_long'],
    ['one', 'two', 'mismatch'],
  ] as const) {
    expect(await model.exportAll(passphrase, repeated)).toBe(false)
    expect(model.snapshot.problem).toBe(problem)
  }
  expect(await model.exportAll('four words or more', 'four words or more')).toBe(true)
  expect(saved.map(({ name, content }) => [name, content.size])).toEqual([['starling-archive-2026-11-20.starling', 3]])
  expect(model.snapshot.state).toBe('done')
})

test('what is exported for reading is one JSON file with all files in it', async () => {
  const utf8 = (text: string) => new TextEncoder().encode(text)
  const { model, saved } = set(
    Object.assign(new FakeClient(), {
      async *exportReadable() {
        for (const path of ['account.json', 'conversations/0001.json']) {
          const content = async function* () {
            yield utf8('{"a":')
            yield utf8('1}\n')
          }
          yield { path, content: content() }
        }
      },
    }),
  )
  expect(await model.exportReadable()).toBe(true)
  expect(JSON.parse(await saved[0]!.content.text())).toEqual({
    'account.json': { a: 1 },
    'conversations/0001.json': { a: 1 },
  })
})

test('with pictures and files it is one archive of files, in which each stands by itself', async () => {
  const asked: unknown[] = []
  const { model, saved } = set(
    Object.assign(new FakeClient(), {
      async *exportReadable(options: { readonly media?: boolean }) {
        asked.push(options.media)
        const content = async function* () {
          yield Uint8Array.of(1, 2, 3)
        }
        yield { path: 'conversations/0001/0001.jpg', content: content() }
      },
    }),
  )
  expect(await model.exportReadable({ media: true })).toBe(true)
  expect(asked).toEqual([true])
  expect(saved.map(({ name, content }) => [name, content.type])).toEqual([
    ['starling-messages-2026-11-20.zip', 'application/zip'],
  ])
  expect(new Uint8Array(await saved[0]!.content.slice(0, 4).arrayBuffer())).toEqual(Uint8Array.of(80, 75, 3, 4))
})

test('who leaves while it is exported gets no file', async () => {
  const going = Promise.withResolvers<void>()
  const { model, saved } = set(
    Object.assign(new FakeClient(), {
      async *exportReadable() {
        await going.promise
        yield* []
      },
    }),
  )
  const exporting = model.exportReadable({ media: true })
  model.reset()
  going.resolve()
  expect([await exporting, saved, model.snapshot.state]).toEqual([false, [], 'idle'])
})

test('an import says how much came, or what is wrong with the file', async () => {
  const { model } = set()
  expect(await model.import(undefined, 'one')).toBe(false)
  expect(model.snapshot.problem).toBe('noFile')
  expect(await model.import(new Blob(['12345']), 'one')).toBe(true)
  expect(model.snapshot).toMatchObject({ state: 'done', imported: { messages: 5 } })
  for (const [code, problem] of [
    ['passphrase_or_damage', 'wrong'],
    ['not_an_archive', 'notArchive'],
    ['damaged', 'damaged'],
    ['newer_version', 'newer'],
    ['other_account', 'other'],
    ['io', 'failed'],
  ] as const) {
    const failing = set(new FakeClient({ failing: { importArchive: code } }))
    expect(await failing.model.import(new Blob(['x']), 'one')).toBe(false)
    expect(failing.model.snapshot.problem).toBe(problem)
  }
})

test('an export that fails saves nothing', async () => {
  const { model, saved } = set(new FakeClient({ failing: { exportArchive: 'io' } }))
  expect(await model.exportAll('one', 'one')).toBe(false)
  expect([model.snapshot.problem, saved]).toEqual(['failed', []])
  model.reset()
  expect(model.snapshot).toEqual({ state: 'idle', problem: undefined, imported: undefined, part: undefined })
})

test('how much was read is said, and who leaves calls it off', async () => {
  const asked: Parameters<ArchiveClient['importArchive']>[1][] = []
  const { model } = set(
    Object.assign(new FakeClient(), {
      importArchive: (_: unknown, options: Parameters<ArchiveClient['importArchive']>[1]) => {
        asked.push(options)
        return new Promise<never>((_, reject) => {
          options.signal?.addEventListener('abort', () => reject(options.signal?.reason))
        })
      },
    }),
  )
  const importing = model.import(new Blob(['12345678']), 'one', true)
  expect(model.snapshot).toMatchObject({ state: 'running', part: undefined })
  asked[0]?.onProgress?.({ bytes: 2 })
  expect([model.snapshot.part, asked[0]?.keepsPart, asked[0]?.passphrase]).toEqual([0.25, true, 'one'])
  model.reset()
  expect(await importing).toBe(false)
  asked[0]?.onProgress?.({ bytes: 4 })
  expect(model.snapshot).toMatchObject({ state: 'idle', problem: undefined, part: undefined })
  void model.import(new Blob(['1']), 'one')
  expect(asked[1]).toMatchObject({ keepsPart: false, signal: { aborted: false } })
})
