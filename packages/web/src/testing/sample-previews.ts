/** A conversation with previews of links, some of them hostile, and services that make them. Runs in browsers. */
import { type FileCalls, type LinkPreviewView, type MessageId, PreviewError } from '@starling/client'
import { FakeClient } from './fake-client.ts'
import { type SampleConversation, type SampleMessage, sampleNow } from './sample-data.ts'
import { sampleNetwork } from './sample-network.ts'
import { paintPicture } from './sample-pictures.ts'

const minute = 60_000
export const longTitle = `${'Of many words and no end '.repeat(11)}anywhere`
export const hostileTitle = '\u202Eevil\u202C <img src=x> \u2067isolate\nof two lines'
const picture = { index: 0, size: 48_000, contentType: 'image/jpeg', isVoice: false }

function said(ago: number, text: string, previews: readonly LinkPreviewView[], mine = false): SampleMessage {
  const delivery = mine ? { delivery: { kind: 'read', on: 7, of: 7 } as const } : {}
  return { text, mine, ago: ago * minute, ...delivery, more: { previews } }
}

const one = (url: string, title: string, more: Partial<LinkPreviewView> = {}): readonly LinkPreviewView[] => [
  { url, title, ...more },
]

export const samplePreviews: SampleConversation = {
  name: 'Wendy',
  kind: 'contact',
  messages: [
    said(60, 'Read https://example.org/starlings', [
      { url: 'https://example.org/starlings', title: 'Why starlings fly in murmurations', image: picture },
    ]),
    said(58, 'Mine: https://news.example/story', one('https://news.example/story', 'News', { image: picture }), true),
    said(56, 'Long: https://example.org/long', one('https://example.org/long', longTitle)),
    said(54, 'Backwards: https://example.org/bidi', one('https://example.org/bidi', hostileTitle)),
    said(52, 'Alike: https://www.аррӏе.com/', one('https://www.аррӏе.com/', 'Apple')),
    said(
      50,
      'Disguised: https://paypal.com@example.org/pay',
      one('https://paypal.com@example.org/pay', 'Your account', { image: picture }),
    ),
    said(48, 'Twice: https://example.org/a', [
      ...one('https://example.org/a', 'One'),
      ...one('https://example.org/a', 'The same again'),
    ]),
    said(46, 'None: https://[ and https://example.org/empty', [
      ...one('https://[', 'No link at all'),
      ...one('https://example.org/empty', ' \u202E '),
      ...one('https://example.org/a https://example.org/b', 'Two links'),
    ]),
    said(44, 'Gone: https://example.org/gone', one('https://example.org/gone', 'Gone', { image: picture })),
    said(
      2,
      'https://example.org/صفحة اقرأ',
      one('https://example.org/صفحة', 'لماذا تطير الزرازير أسرابًا', { image: picture }),
    ),
  ],
}

const [GONE, KEPT] = [8, 9]

/** By what stands in the link: `/slow` waits, `/nothing` says nothing, `/gone` cannot be had. */
export function createFakePreviews(files: FileCalls): FileCalls & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    ...files,
    asked,
    async preview(text, { signal } = {}) {
      asked.push(text)
      if (text.includes('/slow'))
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      if (text.includes('/nothing')) return undefined
      if (text.includes('/gone')) throw new PreviewError('page_unreachable')
      const image = { url: 'http://files.invalid/file/3', key: new Uint8Array(64), ...picture }
      return { url: text, title: 'A page \u202Eof\u202C the web', ...(text.includes('/plain') ? {} : { image }) }
    },
    async kept(message) {
      return numberOf(message) === KEPT ? paintPicture(400, 300, KEPT) : undefined
    },
    async download(message) {
      const number = numberOf(message)
      if (number === GONE) throw Object.assign(new Error('gone'), { code: 'file_gone' })
      return paintPicture(400, 300, number)
    },
  }
}

function numberOf(message: MessageId): number {
  return Number(/-(\d+)$/.exec(message)?.[1])
}

/** In a network that lists so many services for previews. */
export function clientWithPreviews(options: {
  readonly files: FileCalls
  readonly services?: number
  readonly isOn?: boolean
  readonly kind?: SampleConversation['kind']
}): FakeClient {
  const { files, services = 2, isOn = true, kind = 'contact' } = options
  return new FakeClient({
    conversations: [{ ...samplePreviews, kind }],
    settings: { linkPreviews: isOn },
    network: { ...sampleNetwork.connected(sampleNow), previewServices: services },
    files: createFakePreviews(files),
  })
}
