/** The port to the web pages that a link preview is made of. */

export type FetchedPage = {
  /** `text/html; charset=utf-8`, as the server says. */
  readonly contentType: string
  /** Where redirects led, if anywhere. */
  readonly url?: string
  readonly body: Uint8Array
}

/**
 * Fetches by an onion request through a listed exit, never directly: the page must not learn who asks. Sends no cookies and
 * nothing that tells this client from others; what redirects lead to is asked for by the same way.
 */
export interface PreviewFetcher {
  /** Whether a listed exit leads to this host. */
  canReach(host: string): boolean
  /**
   * At most `maxBytes` of it: what is more is cut off.
   *
   * @throws {PreviewError} `page_unreachable`. Rejects with the reason of `signal`.
   */
  fetch(url: string, options: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<FetchedPage>
}
