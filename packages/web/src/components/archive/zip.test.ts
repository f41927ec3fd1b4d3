import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import type { ExportedFile } from '@starling/client'
import { expect } from 'expect'
import fc from 'fast-check'
import { zipOf } from './zip.ts'

async function* exported(files: readonly (readonly [string, readonly Uint8Array[]])[]): AsyncGenerator<ExportedFile> {
  for (const [path, chunks] of files) {
    const content = async function* () {
      yield* chunks
    }
    yield { path, content: content() }
  }
}

/** As programs do that unpack such an archive: from its end, by its directory. */
function unpacked(archive: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength)
  const end = archive.length - 22
  expect(view.getUint32(end, true)).toBe(0x06054b50)
  const files = new Map<string, Uint8Array>()
  let at = view.getUint32(end + 16, true)
  expect(at + view.getUint32(end + 12, true)).toBe(end)
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    expect([view.getUint32(at, true), view.getUint16(at + 10, true)]).toEqual([0x02014b50, 0])
    const [crc, size, nameSize] = [
      view.getUint32(at + 16, true),
      view.getUint32(at + 24, true),
      view.getUint16(at + 28, true),
    ]
    const local = view.getUint32(at + 42, true)
    const path = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameSize))
    expect([view.getUint32(local, true), view.getUint16(local + 26, true)]).toEqual([0x04034b50, nameSize])
    expect(archive.subarray(local + 4, local + 30)).toEqual(archive.subarray(at + 6, at + 32))
    const content = archive.slice(local + 30 + nameSize, local + 30 + nameSize + size)
    expect(crc32(content)).toBe(crc)
    files.set(path, content)
    at += 46 + nameSize
  }
  expect(at).toBe(end)
  return files
}

test('whatever files there are, in whatever pieces, come out as they went in', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 })
  const files = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }), chunks), {
    selector: ([path]) => path,
    maxLength: 6,
  })
  const property = fc.asyncProperty(files, async (all) => {
    const archive = await zipOf(exported(all))
    const found = unpacked(new Uint8Array(await archive.arrayBuffer()))
    const wanted = all.map(([path, pieces]) => [path, Uint8Array.from(pieces.flatMap((piece) => [...piece]))])
    expect([...found]).toEqual(wanted)
  })
  await fc.assert(property, { numRuns: 50 })
})

test('more files than one archive may have are refused', async () => {
  const three = ['a', 'b', 'c'].map((path) => [path, []] as const)
  expect(unpacked(new Uint8Array(await (await zipOf(exported(three), 3)).arrayBuffer())).size).toBe(3)
  await expect(zipOf(exported(three), 2)).rejects.toMatchObject({ code: 'zip_too_large' })
})
