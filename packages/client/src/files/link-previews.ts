/**
 * Makes the preview of a link that we send. Only when the person switched it on: the page sees that somebody asks for it,
 * though not who. A receiver never fetches anything. docs/protocol/envelope.md §6.
 */
import { type Attachment, type LinkPreview, MessengerError } from '@starling/protocol'
import { FileStorageError } from './file-error.ts'
import { type Files, MAX_PREVIEW_IMAGE_BYTES } from './files.ts'
import { readPage } from './page-preview.ts'
import type { FetchedPage, PreviewFetcher } from './preview-fetcher.ts'
import { findLink, isSafeLink } from './safe-link.ts'

const MAX_PAGE_BYTES = 524_288
const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif']

/** `previews_unavailable`: this client has no way to pages. `page_unreachable`: this page did not answer, or not as a page. */
export class PreviewError extends MessengerError {
  override readonly name = 'PreviewError'
  readonly fault = 'environment'
  readonly code: 'previews_unavailable' | 'page_unreachable'
  constructor(code: PreviewError['code'], options?: ErrorOptions) {
    super(code.replaceAll('_', ' '), options)
    this.code = code
  }
}

export class LinkPreviews {
  readonly #fetcher: PreviewFetcher | undefined
  readonly #files: Files

  constructor(options: { readonly fetcher: PreviewFetcher | undefined; readonly files: Files }) {
    this.#fetcher = options.fetcher
    this.#files = options.files
  }

  /** The link of a text that `fetch` would be asked for; `undefined`, if there is none or no exit leads there. */
  find(text: string): string | undefined {
    const link = findLink(text)
    return link !== undefined && this.#fetcher?.canReach(new URL(link).hostname) ? link : undefined
  }

  /**
   * `undefined`, if the page says nothing of itself. Its image is left out where it cannot be had or stored.
   *
   * @throws {PreviewError} `previews_unavailable`, `page_unreachable`
   */
  async fetch(link: string, { signal }: { readonly signal: AbortSignal }): Promise<LinkPreview | undefined> {
    const fetcher = this.#fetcher
    if (fetcher === undefined) throw new PreviewError('previews_unavailable')
    if (!isReachable(fetcher, link)) throw new PreviewError('page_unreachable')
    const page = await fetcher.fetch(link, { maxBytes: MAX_PAGE_BYTES, signal })
    if (!/^(?:text\/html|application\/xhtml\+xml)\b/i.test(page.contentType)) throw new PreviewError('page_unreachable')
    const { title, image } = readPage(decode(page))
    if (title === undefined) return undefined
    const attachment = image === undefined ? undefined : await this.#image(fetcher, image, page.url ?? link, signal)
    return { url: link, title, ...(attachment === undefined ? {} : { image: attachment }) }
  }

  async #image(
    fetcher: PreviewFetcher,
    image: string,
    page: string,
    signal: AbortSignal,
  ): Promise<Attachment | undefined> {
    const url = URL.canParse(image, page) ? new URL(image, page).href : undefined
    if (url === undefined || !isReachable(fetcher, url)) return undefined
    try {
      const { body, contentType } = await fetcher.fetch(url, { maxBytes: MAX_PREVIEW_IMAGE_BYTES + 1, signal })
      const type = contentType.split(';')[0]!.trim().toLowerCase()
      if (body.length === 0 || body.length > MAX_PREVIEW_IMAGE_BYTES || !IMAGE_TYPES.includes(type)) return undefined
      return await this.#files.uploadPreviewImage({ bytes: body, contentType: type }, { signal })
    } catch (error) {
      // A preview without its image is one.
      if (error instanceof PreviewError || error instanceof FileStorageError) return undefined
      throw error
    }
  }
}

function isReachable(fetcher: PreviewFetcher, url: string): boolean {
  return isSafeLink(url) && fetcher.canReach(new URL(url).hostname)
}

/** Of pages in an encoding that is not known, what is ASCII is right. */
function decode({ body, contentType }: FetchedPage): string {
  const charset = /charset\s*=\s*"?([\w-]{1,40})/i.exec(contentType)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(body)
  } catch (error) {
    if (error instanceof RangeError) return new TextDecoder().decode(body)
    throw error
  }
}
