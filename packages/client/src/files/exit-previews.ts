/** Pages for link previews, by way of the services that the network file lists. docs/protocol/onion.md §7. */
import {
  decodePageReply,
  encodePageRequest,
  MalformedInputError,
  type Millis,
  type PageReply,
  PREVIEW_TARGET,
  type PreviewServer,
  type RandomBytes,
  seconds,
} from '@starling/protocol'
import { pick } from '@starling/runtime'
import { PathError } from '../paths/path-error.ts'
import type { ServerDestination } from '../paths/server-requests.ts'
import { PreviewError } from './link-previews.ts'
import type { FetchedPage, PreviewFetcher } from './preview-fetcher.ts'

/** Longer than a service gives a page (15 s), and a last hop a service (25 s). */
const TIMEOUT = seconds(30)

export type ExitPreviewsOptions = {
  /** At least one. */
  readonly servers: readonly PreviewServer[]
  readonly random: RandomBytes
  /** An onion request over three relays. @throws {PathError} any code */
  readonly ask: (
    destination: ServerDestination,
    payload: Uint8Array,
    options: { readonly signal: AbortSignal; readonly timeout: Millis },
  ) => Promise<Uint8Array>
}

export class ExitPreviews implements PreviewFetcher {
  readonly #options: ExitPreviewsOptions

  constructor(options: ExitPreviewsOptions) {
    this.#options = options
  }

  /** A service goes to every host that is public, which only it can tell. */
  canReach(): boolean {
    return this.#options.servers.length > 0
  }

  async fetch(url: string, { maxBytes, signal }: { maxBytes: number; signal: AbortSignal }): Promise<FetchedPage> {
    const { servers, random, ask } = this.#options
    const server = pick(random, servers)
    if (server === undefined) throw new PreviewError('previews_unavailable')
    const { key, ...exit } = server
    const destination = { kind: 'server', ...exit, target: PREVIEW_TARGET, x25519: key } as const
    // Without what follows #: pages never see it.
    const request = encodePageRequest({ url: new URL(url).href.split('#', 1)[0]!, maxBytes })
    let reply: PageReply
    try {
      reply = decodePageReply(await ask(destination, request, { signal, timeout: TIMEOUT }))
    } catch (error) {
      const isForeign = error instanceof PathError || error instanceof MalformedInputError
      throw isForeign ? new PreviewError('page_unreachable', { cause: error }) : error
    }
    if (reply.kind === 'none' || reply.body.length > maxBytes) throw new PreviewError('page_unreachable')
    return { contentType: reply.contentType, url: reply.url, body: reply.body }
  }
}
