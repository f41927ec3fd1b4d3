/** What comes from servers that strangers named: encrypted files, their addresses, and web pages. */

import { findLink, isSafeLink, readPage } from '@starling/client'
import {
  concatBytes,
  formatFileUrl,
  formatOf,
  fromUtf8,
  openFile,
  openStream,
  parseFileUrl,
  StreamOpener,
  sealLegacyAttachment,
  sealLegacyPicture,
  sealStream,
  utf8,
} from '@starling/protocol'
import { seededRandom } from '@starling/runtime/testing'
import { mustEqual, mustEqualBytes } from '../equal.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { behindSelector } from '../mutate-combined.ts'
import { crypto } from '../people.ts'
import { type FuzzTarget, must } from '../target.ts'
import { vectorBytes } from '../vectors.ts'

const URL_TEXT = 'http://files.example/file/1'
const STREAM = { header: new Uint8Array(24).fill(5), key: new Uint8Array(32).fill(6) }
const PLAIN = Uint8Array.from({ length: 70_000 }, (_, i) => i)
const key64 = new Uint8Array(64).fill(7)

/** A blob behind a byte that says of which format it is. What is authentic is made here, so that what is behind it is reached. */
const blobs: FuzzTarget = {
  name: 'file-blob',
  sources: ['encrypted-stream', 'legacy-attachment', 'legacy-picture', 'file-format'].map(
    (file) => `protocol/src/attachment/${file}.ts`,
  ),
  mutate: behindSelector(mutateBytes),
  words: ['\x53', '\0\0\x01', '\x01'],
  maxSize: 131_072,
  *seeds() {
    const small = utf8('a small file')
    const random = seededRandom(4)
    yield concatBytes(Uint8Array.of(0), sealLegacyAttachment({ crypto, random, plain: small, isPadded: true }).blob)
    yield concatBytes(Uint8Array.of(1), sealLegacyPicture({ crypto, random, plain: small }).blob)
    for (const plain of [small, PLAIN]) yield concatBytes(Uint8Array.of(2), sealStream(crypto, STREAM, plain))
    for (const blob of vectorBytes('messages', 'blob')) yield concatBytes(Uint8Array.of(0), blob)
    for (const plain of [Uint8Array.of(0, 1, 7), small]) yield concatBytes(Uint8Array.of(3), plain)
  },
  run(input) {
    const blob = input.subarray(1)
    switch ((input[0] ?? 0) % 4) {
      case 0: {
        const format = formatOf({ url: URL_TEXT, key: key64, digest: crypto.sha256(blob) })
        must(format?.kind === 'legacy', 'a key of 64 bytes and a digest are legacy')
        return openFile(crypto, format, blob)
      }
      case 1:
        return openFile(crypto, { kind: 'picture', key: STREAM.key }, blob)
      case 2:
        return inPieces(blob)
      default:
        return openStream(crypto, authentic(blob), STREAM.key)
    }
  },
  output: { base: 4096, factor: 16 },
  steps: { base: 400_000, factor: 500 },
}

/** However it is cut: the same file, or none. */
function inPieces(blob: Uint8Array): Uint8Array {
  const opener = new StreamOpener(crypto, STREAM.key)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < blob.length; at += 10_007) pieces.push(opener.open(blob.subarray(at, at + 10_007)))
  const file = concatBytes(...pieces, opener.end())
  mustEqualBytes(openStream(crypto, blob, STREAM.key), file, 'pieces make no difference')
  mustEqualBytes(openStream(crypto, sealStream(crypto, STREAM, file), STREAM.key), file, 'a file is sealed and opened')
  return file
}

/** What is inside is somebody's who has the key: padding that may be anything. */
function authentic(plain: Uint8Array): Uint8Array {
  const stream = crypto.secretStreamSealer(STREAM.key, STREAM.header)
  return concatBytes(Uint8Array.of(0x53), STREAM.header, stream.seal(plain, { isLast: true }))
}

const urls: FuzzTarget = {
  name: 'file-url',
  sources: ['protocol/src/attachment/file-url.ts'],
  mutate: mutateBytes,
  words: ['http://', 'https://', '#', '&', 'p=', 'd', '/file/', '/room/', '..', '@', ':', '?', 'ab'.repeat(32)],
  *seeds() {
    const key = 'b8eef9821445ae16e2e97ef8aa6fe782fd11ad5253cd6723b281341dba22e371'
    for (const fragment of ['', '#d', `#p=${key}&d`, '#sr=a.loki:11235', '#e=00&d='])
      yield utf8(`${URL_TEXT}${fragment}`)
    yield utf8('https://c.example:8080/room/main/file/7')
    yield utf8('http://old.example/files/9')
  },
  run(input) {
    const parsed = parseFileUrl(fromUtf8(input))
    mustEqual(parseFileUrl(formatFileUrl(parsed)), parsed, 'an address is written and read')
    must(/^https?:\/\/[a-z0-9.:-]+$/.test(parsed.server) && !parsed.path.includes('..'), 'an address is one')
    return parsed
  },
}

const pages: FuzzTarget = {
  name: 'web-page',
  sources: ['client/src/files/page-preview.ts', 'client/src/files/safe-link.ts'],
  mutate: mutateBytes,
  words: [
    '<meta ',
    '<title>',
    '</title>',
    'property="og:title"',
    'content="',
    '>',
    '"',
    '&#x',
    '&amp;',
    'https://',
    '<body',
  ],
  *seeds() {
    yield utf8('<title>News &amp; more</title>')
    yield utf8('<meta property="og:title" content="A > B"><meta content=/i.png property=og:image>')
    yield utf8("<meta name='twitter:title' content='&#x1F44D;&#8364;&nbsp;'>")
    for (const begun of ['<meta ', '<meta "', '<title']) yield utf8(begun.repeat(1500)) // begins often, never ends
    yield utf8('see (https://news.example/x?y#z), https://пример.рф/ and https://gооgle.com!')
  },
  run(input) {
    const text = fromUtf8(input)
    const { title = '', image = '' } = readPage(text)
    must([...title].length <= 300 && !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(title), 'a title is one line')
    const link = findLink(text)
    must(link === undefined || (isSafeLink(link) && text.includes(link)), 'a link is of the text, and safe')
    return [title, image, link]
  },
}

export const fileTargets: readonly FuzzTarget[] = [blobs, urls, pages]
