import { test } from 'node:test'
import { joinBytes, utf8 } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { collect } from '../testing/collect.ts'
import { type ArchiveLine, decodeLines, encodeLines } from './archive-lines.ts'
import { openArchive, sealArchive } from './archive-stream.ts'

const crypto = createNativeCrypto()
const passphrase = 'correct horse'
const archiveError = (code: string) => expect.objectContaining({ name: 'ArchiveError', code })

async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return joinBytes(await collect(chunks))
}

function seal(content: readonly Uint8Array[], seed = 1): Promise<Uint8Array> {
  const cost = { memoryKib: 8, passes: 1 }
  return joined(sealArchive(from(content), { crypto, passphrase, random: seededRandom(seed), cost }))
}

const open = (archive: Uint8Array, words = passphrase) =>
  joined(openArchive(from([archive]), { crypto, passphrase: words }))

const large = new Uint8Array(200_000).map((_, i) => i % 251)

test('what is sealed opens, however it is cut, filled up with line feeds', async () => {
  const sizes = fc.array(fc.nat(70_000), { maxLength: 5 })
  const property = fc.asyncProperty(sizes, fc.integer({ min: 1, max: 50_000 }), async (lengths, cut) => {
    const content = lengths.map((length) => large.slice(0, length))
    const archive = await seal(content)
    const chunks: Uint8Array[] = []
    for (let at = 0; at < archive.length; at += cut) chunks.push(archive.slice(at, at + cut))
    const opened = await joined(openArchive(from(chunks), { crypto, passphrase }))
    const plain = joinBytes(content)
    expect(opened.length % 65_536).toBe(0)
    expect(opened.subarray(0, plain.length)).toEqual(plain)
    expect(opened.subarray(plain.length).every((byte) => byte === 0x0a)).toBe(true)
  })
  await fc.assert(property, { numRuns: 20 })
})

test('another passphrase does not open it, and whoever made it shows nowhere', async () => {
  const archive = await seal([utf8('meet me at noon')])
  await expect(open(archive, 'wrong horse')).rejects.toEqual(archiveError('passphrase_or_damage'))
  await expect(open(archive, '')).rejects.toEqual(expect.objectContaining({ code: 'empty' }))
  expect(await seal([utf8('meet me at noon')], 2)).not.toEqual(archive)
  expect(archive.length).toBe((await seal([utf8('x')])).length)
})

test('every piece that is changed, left out, repeated, moved or cut off is noticed', async () => {
  const archive = await seal([large])
  const [header, sealed] = [29, 65_552]
  const piece = (number: number) => archive.slice(header + number * sealed, header + (number + 1) * sealed)
  const parts = (...numbers: number[]) => joinBytes([archive.slice(0, header), ...numbers.map(piece)])
  expect(await open(parts(0, 1, 2, 3))).toEqual(await open(archive))
  for (const wrong of [parts(0, 1, 2), parts(0, 2, 1, 3), parts(0, 1, 1, 2, 3), parts(0, 1, 2, 3, 3), parts(0, 3)])
    await expect(open(wrong)).rejects.toEqual(archiveError('damaged'))
  await expect(open(archive.slice(0, -1))).rejects.toEqual(archiveError('damaged'))
  await expect(open(archive.slice(0, header))).rejects.toEqual(archiveError('damaged'))
  await expect(open(joinBytes([archive, Uint8Array.of(1)]))).rejects.toEqual(archiveError('damaged'))
  for (const at of [header + 5, header + sealed + 5, archive.length - 1]) {
    const changed = archive.map((byte, i) => (i === at ? byte ^ 1 : byte))
    await expect(open(changed)).rejects.toEqual(expect.objectContaining({ name: 'ArchiveError' }))
  }
})

test('other files, later versions and costs beyond all bounds are refused before anything is computed', async () => {
  const archive = await seal([utf8('hello')])
  const changed = (at: number, value: number) => archive.map((byte, i) => (i === at ? value : byte))
  await expect(open(new Uint8Array())).rejects.toEqual(archiveError('not_an_archive'))
  await expect(open(utf8('PK is no archive, but long enough to be one'))).rejects.toEqual(
    archiveError('not_an_archive'),
  )
  await expect(open(changed(4, 2))).rejects.toEqual(archiveError('newer_version'))
  await expect(open(changed(5, 255))).rejects.toEqual(archiveError('damaged'))
  await expect(open(changed(9, 255))).rejects.toEqual(archiveError('damaged'))
  await expect(open(changed(8, 9))).rejects.toEqual(archiveError('passphrase_or_damage'))
})

test('lines survive however they are cut; those of later versions are passed over, and what is no line is damage', async () => {
  const lines: ArchiveLine[] = [
    { kind: 'archive', madeAt: 5 },
    { kind: 'message', conversation: 'c', record: { text: 'line\nfeed', emoji: '🎉' } },
    { kind: 'end', conversations: 0, messages: 1 },
  ]
  const asyncLines = async function* () {
    yield* lines
  }
  const bytes = await joined(encodeLines(asyncLines()))
  for (const cut of [1, 7, 1000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / cut) }, (_, i) => bytes.slice(i * cut, (i + 1) * cut))
    expect(await collect(decodeLines(from(chunks)))).toEqual(lines)
  }
  const decode = (text: string) => collect(decodeLines(from([utf8(text)])))
  expect(await decode('{"kind":"hologram","size":3}\n\n\n')).toEqual([{ kind: 'unknown' }])
  for (const text of ['{"kind":"message"}\n', 'nonsense\n', '{"kind":"end","conv', '7\n', '{"kind":"end"}\n'])
    await expect(decode(text)).rejects.toEqual(archiveError('damaged'))
  const endless = async function* () {
    for (;;) yield new Uint8Array(1_000_000).fill(65)
  }
  await expect(collect(decodeLines(endless()))).rejects.toEqual(archiveError('damaged'))
})
