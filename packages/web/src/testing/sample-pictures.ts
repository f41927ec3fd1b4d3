/** A conversation with pictures in all numbers, forms and states, and a place for files that has them. Runs in browsers. */
import { type AttachmentView, type FileCalls, FileStorageError, type MessageView } from '@starling/client'
import type { SampleConversation, SampleMessage } from './sample-data.ts'

const minute = 60_000
const jpeg = (index: number, width?: number, height?: number, more: Partial<AttachmentView> = {}): AttachmentView => ({
  index,
  size: 180_000 + 31_000 * index,
  contentType: 'image/jpeg',
  fileName: `flock-${index + 1}.jpg`,
  isVoice: false,
  ...(width === undefined || height === undefined ? {} : { width, height }),
  ...more,
})
const many = (count: number): AttachmentView[] => Array.from({ length: count }, (_, index) => jpeg(index, 1600, 1200))

function said(ago: number, text: string, attachments: MessageView['attachments'], mine = false): SampleMessage {
  const delivery = mine ? { delivery: { kind: 'read', on: 7, of: 7 } as const } : {}
  return { text, mine, ago: ago * minute, ...delivery, more: { attachments } }
}

/** Messages by number: what their files are, where they are not what they seem. */
const HOSTILE = { svg: 11, page: 12, gone: 13, slow: 14, offline: 15, files: 16 } as const

export const samplePictures: SampleConversation = {
  name: 'Wendy',
  kind: 'contact',
  messages: [
    said(95, 'The whole flock over the pier', [jpeg(0, 1600, 900, { caption: 'Starlings over the pier at dusk' })]),
    said(90, '', [jpeg(0, 900, 1600)], true),
    said(88, 'No size said', [jpeg(0)]),
    said(86, 'Wide', [jpeg(0, 6000, 500)]),
    said(84, 'Small', [jpeg(0, 24, 24)]),
    said(80, 'Two', many(2)),
    said(78, 'Three', many(3), true),
    said(76, 'Four', many(4)),
    said(74, 'Five', many(5)),
    said(72, 'Six', many(6), true),
    said(70, 'Eleven', many(11)),
    said(60, 'A drawing that is a script', [
      jpeg(0, 400, 300, { contentType: 'image/png', fileName: 'drawing.svg.png' }),
    ]),
    said(58, 'A page that says it is a picture', [jpeg(0, 400, 300, { fileName: 'page.html.jpg' })]),
    said(56, 'It was here', [jpeg(0, 800, 600, { fileName: 'gone.jpg' })]),
    said(54, 'On its way', [jpeg(0, 800, 600, { fileName: 'slow.jpg' })]),
    said(52, 'Not there now', [jpeg(0, 800, 600, { fileName: 'offline.jpg' })]),
    said(50, 'An image that no browser opens as one', [
      { index: 0, size: 9_000, contentType: 'image/svg+xml', fileName: 'logo.svg', isVoice: false },
      {
        index: 1,
        size: 412_000,
        contentType: 'application/pdf',
        fileName: 'programme of the evening.pdf',
        isVoice: false,
      },
    ]),
    said(2, 'ادخل وانظر', [jpeg(0, 1200, 900, { fileName: 'صورة.jpg', caption: 'فوق الرصيف عند الغروب' })]),
  ],
}

/** What goes up is forgotten; what is asked for is painted. */
export function createFakeFiles(): FileCalls & { readonly saved: string[]; isOffline: boolean } {
  const files = {
    saved: [],
    isOffline: true,
    async upload({ bytes, ...about }, { signal, onProgress } = {}) {
      for (let part = 0; part <= 10; part++) {
        onProgress?.({ bytes: (bytes.length * part) / 10, total: bytes.length })
        await pause(bytes.length > 5_000 ? 120 : 5, signal)
      }
      return { ...about, url: 'http://files.invalid/file/1', key: new Uint8Array(64), size: bytes.length }
    },
    uploadPicture: async () => ({ url: 'http://files.invalid/file/2', key: new Uint8Array(32) }),
    async download(message, index, { signal, onProgress } = {}) {
      const number = Number(/-(\d+)$/.exec(message)?.[1])
      onProgress?.({ bytes: 60_000 })
      await pause(5, signal)
      if (number === HOSTILE.gone) throw new FileStorageError('file_gone')
      if (number === HOSTILE.offline && files.isOffline) throw new FileStorageError('storage_unreachable')
      if (number === HOSTILE.slow) await pause(600_000, signal)
      if (number === HOSTILE.svg || number === HOSTILE.files)
        return utf8('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>')
      if (number === HOSTILE.page) return utf8('<!doctype html><script>alert(1)</script>')
      const shape = samplePictures.messages[number]?.more?.attachments?.[index]
      return paintPicture(shape?.width ?? 800, shape?.height ?? 600, number * 7 + index)
    },
    downloadPicture: () => Promise.reject(new FileStorageError('file_gone')),
    preview: async () => undefined,
    kept: async () => undefined,
    keptUsage: async () => ({ files: 12, bytes: 3_400_000 }),
    forgetKept: async () => {},
  } as FileCalls & { saved: string[]; isOffline: boolean }
  return files
}

/** A sky with a flock, as JPEG; the same for the same number. */
export async function paintPicture(width: number, height: number, number: number): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')!
  const sky = context.createLinearGradient(0, 0, 0, height)
  sky.addColorStop(0, `hsl(${(number * 47) % 360} 60% 72%)`)
  sky.addColorStop(1, `hsl(${(number * 47 + 40) % 360} 70% 88%)`)
  context.fillStyle = sky
  context.fillRect(0, 0, width, height)
  context.fillStyle = '#20242b'
  for (let bird = 0; bird < 400; bird++) {
    const angle = bird * 2.4 + number
    const far = Math.sqrt(bird / 400) * 0.42
    const [x, y] = [width * (0.5 + far * Math.cos(angle)), height * (0.5 + 0.7 * far * Math.sin(angle))]
    context.beginPath()
    context.arc(x, y, Math.max(1, Math.min(width, height) / 160), 0, 7)
    context.fill()
  }
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 })
  return new Uint8Array(await blob.arrayBuffer())
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
