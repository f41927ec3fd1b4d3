import { test } from 'node:test'
import { utf8 } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { Files } from './files.ts'
import { LinkPreviews, PreviewError } from './link-previews.ts'
import { MemoryFileStorage } from './memory-file-storage.ts'
import { readPage } from './page-preview.ts'
import type { FetchedPage, PreviewFetcher } from './preview-fetcher.ts'
import { findLink, isSafeLink } from './safe-link.ts'

const crypto = createNativeCrypto()
const { signal } = new AbortController()
const LINK = 'https://news.example/story'
const html = (head: string): FetchedPage => ({ contentType: 'text/html; charset=utf-8', body: utf8(head) })
const png: FetchedPage = { contentType: 'image/png', body: Uint8Array.of(1, 2, 3) }

/** Answers by what is in `pages`, and remembers what it was asked for. */
function pagesOf(pages: Record<string, FetchedPage>, options: { storage?: MemoryFileStorage | undefined } = {}) {
  const asked: string[] = []
  const fetcher: PreviewFetcher = {
    canReach: (host) => host.endsWith('.example'),
    async fetch(url) {
      asked.push(url)
      const page = pages[url]
      if (page === undefined) throw new PreviewError('page_unreachable')
      return page
    },
  }
  const storage = 'storage' in options ? options.storage : new MemoryFileStorage()
  const files = new Files({ crypto, random: seededRandom(1), storage })
  return { previews: new LinkPreviews({ fetcher, files }), files, asked }
}

test('a page says its title and its image, wherever it stands', () => {
  const pages: [string, object][] = [
    ['<title>Plain &amp; simple</title>', { title: 'Plain & simple' }],
    ['<TITLE lang=en>\n A \n title </TITLE>', { title: 'A title' }],
    ['<meta property="og:title" content="One"><title>Two</title>', { title: 'One' }],
    ["<meta content='a > b' property='og:title'>", { title: 'a > b' }],
    ['<meta property=og:title content=bare />', { title: 'bare' }],
    [
      '<meta name="twitter:title" content="T"><meta property="og:image" content="/a.png">',
      { title: 'T', image: '/a.png' },
    ],
    ['<meta property="og:title" content="&#x1F44D; &#8364; &bogus; &#0;">', { title: '👍 € &bogus; &#0;' }],
    ['<meta property="og:title" content="\u202eelttil\u0000"><title>x</title>', { title: 'elttil' }],
    ['<body><title>in the body</title>', {}],
    ['', {}],
    ['<title>', {}],
    ['<meta', {}],
    ['<meta <meta property="og:title" content="lost in a tag', {}],
    ['<meta charset=utf-8><meta property="og:title" content="next"><title>x</title>', { title: 'next' }],
  ]
  for (const [page, expected] of pages) expect(readPage(page)).toEqual(expected)
  expect(readPage(`<title>${'👍'.repeat(500)}</title>`).title).toBe('👍'.repeat(300))
})

test('any page gives something bounded', () => {
  const parts = fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    '<meta ',
    'property=og:title ',
    'content=',
    '<title>',
    '&#x41;',
    'x',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(parts, fc.string({ unit: 'binary' }))), (pieces) => {
      const { title } = readPage(pieces.join(''))
      expect([...(title ?? '')].length).toBeLessThanOrEqual(300)
      if (title !== undefined) expect(title).toMatch(/^[^\n\r\u202e]+$/)
    }),
  )
})

test('previews are made of links that lead where they seem to', () => {
  const safe = [
    LINK,
    'https://münchen.example/',
    'https://пример.рф/x?y=1#z',
    'https://a.b.c.example',
    'https://例え.テスト/',
  ]
  for (const link of safe) expect(isSafeLink(link)).toBe(true)
  const unsafe = [
    ...[
      'http://a.example/',
      'https://gооgle.com/',
      'https://аррӏе.com/',
      'https://xn--80ak6aa92e.com/',
      'https://αpple.gr/',
    ],
    ...[
      'https://user@a.example/',
      'https://a.example:8443/',
      'https://127.0.0.1/',
      'https://[::1]/',
      'https://localhost/',
    ],
    ...['https://printer.local/', 'https://a..example/', 'https://a.example/\u202e', 'https://example', 'https://'],
    ...['https://1.2.3.0x4/', `https://a.example/${'x'.repeat(2048)}`, 'https://a%2eexample/', ' https://a.example/'],
  ]
  for (const link of unsafe) expect(isSafeLink(link)).toBe(false)
})

test('finds the first good link of a text, without what stands around it', () => {
  expect(findLink(`see (http://a.example/) or <${LINK}>, ok`)).toBe(LINK)
  expect(findLink(`${LINK}. And https://b.example/`)).toBe(LINK)
  expect(findLink('https://gооgle.com/ https://b.example/!')).toBe('https://b.example/')
  expect(findLink(`https://${'.'.repeat(9000)}x https://b.example/`)).toBe('https://b.example/')
  expect(findLink('nothing here')).toBe(undefined)
})

test('a preview is what the page says, with its image encrypted and stored', async () => {
  const pages = { [LINK]: html('<title>News</title><meta property="og:image" content="/i.png">') }
  const { previews, files } = pagesOf({ ...pages, 'https://news.example/i.png': png })
  expect(previews.find(`read ${LINK}!`)).toBe(LINK)
  const preview = await previews.fetch(LINK, { signal })
  expect(preview).toMatchObject({ url: LINK, title: 'News', image: { contentType: 'image/png', size: 3 } })
  expect(await files.download(preview!.image!, { signal })).toEqual(png.body)
})

test('an image that cannot be had, or stored, or is none, is left out', async () => {
  const withImage = (image: string) => html(`<title>News</title><meta property="og:image" content="${image}">`)
  const large = { contentType: 'image/png', body: new Uint8Array(1_000_001) }
  const cases = [
    pagesOf({ [LINK]: withImage('/missing.png') }),
    pagesOf({ [LINK]: withImage('/i.png'), 'https://news.example/i.png': png }, { storage: undefined }),
    pagesOf({ [LINK]: withImage('/i.png'), 'https://news.example/i.png': large }),
    pagesOf({ [LINK]: withImage('/i.svg'), 'https://news.example/i.svg': { ...png, contentType: 'image/svg+xml' } }),
    pagesOf({ [LINK]: withImage('http://news.example/i.png') }),
    pagesOf({ [LINK]: withImage('https://elsewhere.test/i.png') }),
    pagesOf({ [LINK]: withImage('https://') }),
  ]
  for (const { previews } of cases) expect(await previews.fetch(LINK, { signal })).toEqual({ url: LINK, title: 'News' })
})

test('nothing is asked for where no exit leads, or the link is not what it seems', async () => {
  const { previews, asked } = pagesOf({})
  for (const link of ['https://elsewhere.test/', 'http://news.example/', 'https://user@news.example/']) {
    expect(previews.find(link)).toBe(undefined)
    await expect(previews.fetch(link, { signal })).rejects.toThrow(
      expect.objectContaining({ code: 'page_unreachable' }),
    )
  }
  expect(asked).toEqual([])
})

test('a page that is none, or says nothing, gives no preview', async () => {
  const { previews } = pagesOf({ [LINK]: html('<p>hello</p>'), 'https://b.example/': png })
  expect(await previews.fetch(LINK, { signal })).toBe(undefined)
  await expect(previews.fetch('https://b.example/', { signal })).rejects.toThrow(
    expect.objectContaining({ code: 'page_unreachable' }),
  )
})

test('without a way to pages it says so', async () => {
  const files = new Files({ crypto, random: seededRandom(1), storage: undefined })
  const previews = new LinkPreviews({ fetcher: undefined, files })
  expect(previews.find(LINK)).toBe(undefined)
  await expect(previews.fetch(LINK, { signal })).rejects.toThrow(
    expect.objectContaining({ code: 'previews_unavailable' }),
  )
})

test('reads pages in other encodings, and ASCII of unknown ones', async () => {
  const body = Uint8Array.of(...utf8('<title>M'), 0xfc, ...utf8('nchen</title>'))
  const latin = pagesOf({ [LINK]: { contentType: 'text/html;charset=iso-8859-1', body } })
  expect(await latin.previews.fetch(LINK, { signal })).toMatchObject({ title: 'München' })
  const unknown = pagesOf({ [LINK]: { contentType: 'text/html;charset=klingon', body: utf8('<title>M</title>') } })
  expect(await unknown.previews.fetch(LINK, { signal })).toMatchObject({ title: 'M' })
})
