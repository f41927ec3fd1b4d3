/** URLs of files, and the format that they and their keys stand for. */
import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { fromHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import { MalformedInputError } from '../errors.ts'
import { nobleCrypto, seededRandom } from '../testing.ts'
import { deriveStreamSecret, sealStream } from './encrypted-stream.ts'
import { type FilePointer, formatOf, openFile } from './file-format.ts'
import { formatFileUrl, parseFileUrl } from './file-url.ts'
import { sealLegacyAttachment } from './legacy-attachment.ts'
import { sealLegacyPicture } from './legacy-picture.ts'

const crypto = nobleCrypto()
const random = seededRandom('formats')
const serverKey = 'b8eef9821445ae16e2e97ef8aa6fe782fd11ad5253cd6723b281341dba22e371'
const url = 'http://filev2.getsession.org/file/123'

test('reads where a file lies, and writes it again', () => {
  const server = 'http://filev2.getsession.org'
  const urls: [string, object][] = [
    [url, { server, path: '/file/123', id: '123', isStream: false }],
    [`${url}#d`, { server, path: '/file/123', id: '123', isStream: true }],
    [`${url}#p=${serverKey}&d`, { serverKey: fromHex(serverKey), isStream: true }],
    ['https://c.example:8080/room/main/file/7', { server: 'https://c.example:8080', path: '/room/main/file/7' }],
  ]
  for (const [text, expected] of urls) {
    const parsed = parseFileUrl(text)
    expect(parsed).toMatchObject(expected)
    expect(formatFileUrl(parsed)).toBe(text)
  }
})

test('reads old and coming forms, and skips parts that it does not know', () => {
  expect(parseFileUrl('http://OLD.example/files/9')).toMatchObject({ server: 'http://old.example', id: '9' })
  expect(parseFileUrl(`${url}#d=&sr=abc.loki:11235&e=00`)).toMatchObject({ isStream: true })
  expect(parseFileUrl(`${url}#x=d`)).toMatchObject({ isStream: false })
  expect(parseFileUrl('http://c.example/room/main/file/7')).not.toHaveProperty('id')
})

test('refuses what is no URL of a file', () => {
  const wrong = [
    ...['', 'file/1', 'ftp://a.example/file/1', 'http://a.example', 'http://me@a.example/file/1', `${url}?x=1`],
    ...[
      `${url} `,
      `http://a.example/../x`,
      `${url}#p=00`,
      `${url}#p=${serverKey}0`,
      `http://a.example/${'x'.repeat(300)}`,
    ],
  ]
  for (const text of wrong) expect(() => parseFileUrl(text)).toThrow(expect.objectContaining({ code: 'attachment' }))
  fc.assert(
    fc.property(fc.oneof(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string()), (text) => {
      try {
        const parsed = parseFileUrl(text)
        expect(parseFileUrl(formatFileUrl(parsed))).toEqual(parsed)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedInputError)
      }
    }),
  )
})

test('tells the formats by key, digest and fragment, and opens each', () => {
  const plain = utf8('hello')
  const legacy = sealLegacyAttachment({ crypto, random, plain, isPadded: true })
  const picture = sealLegacyPicture({ crypto, random, plain })
  const secret = deriveStreamSecret({ crypto, seed: new Uint8Array(32), plain, purpose: 'attachment' })
  const files: [string, FilePointer, Uint8Array][] = [
    ['legacy', { url, ...legacy }, legacy.blob],
    ['picture', { url, key: picture.key }, picture.blob],
    ['stream', { url: `${url}#d`, key: secret.key, size: 5 }, sealStream(crypto, secret, plain)],
    ['plain', { url: 'https://c.example/room/main/file/7' }, plain],
  ]
  for (const [kind, pointer, blob] of files) {
    const format = formatOf(pointer)
    expect(format?.kind).toBe(kind)
    expect(openFile(crypto, format!, blob, pointer.size)).toEqual(plain)
  }
})

test('a pointer of no format we know is never taken for one that is not encrypted', () => {
  const key = new Uint8Array(64)
  const unknown = [{ key }, { key: key.subarray(1), digest: key.subarray(32) }, { key: new Uint8Array(0) }]
  for (const pointer of unknown) expect(formatOf({ url, ...pointer })).toBe(undefined)
  expect(formatOf({ url: `${url}#d` })).toBe(undefined)
  expect(formatOf({ url: `${url}#d`, key, digest: key.subarray(32) })).toBe(undefined)
})
