/** A web site and the service for previews that fetches its pages, both on loopback: the name of the site leads there alone. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { PageFetcher, PreviewService, type RunningPreviewServer, startPreviewServer } from '@starling/node/previews'
import { identityFor } from '@starling/node/testing'
import type { NetworkFile, X25519PublicKey } from '@starling/protocol'
import { systemClock, systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { memoryLogger } from '@starling/runtime/testing'

const HOST = 'news.example'
const LOOPBACK = '127.0.0.1'
/** A red PNG of 2 × 2 pixels. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==',
  'base64',
)
const PAGE = `<!doctype html><title>plain title</title>
<meta property="og:title" content="News &amp; more \u202eof today"><meta property="og:image" content="/picture.png">`

export class PreviewSite implements AsyncDisposable {
  /** What the site was asked for, as paths. */
  readonly asked: string[] = []
  readonly #site: Server
  readonly #service: RunningPreviewServer
  readonly #key: X25519PublicKey

  private constructor(parts: { asked: string[]; site: Server; service: RunningPreviewServer; key: X25519PublicKey }) {
    this.asked = parts.asked
    this.#site = parts.site
    this.#service = parts.service
    this.#key = parts.key
  }

  /** `https://news.example/story` has a title and a picture; everything else leads to an address inside. */
  static async open(): Promise<PreviewSite> {
    const identity = await identityFor(HOST)
    const asked: string[] = []
    const site = createServer(identity, ({ url = '' }, response) => {
      asked.push(url)
      if (url === '/story') response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE)
      else if (url === '/picture.png') response.writeHead(200, { 'content-type': 'image/png' }).end(PICTURE)
      else response.writeHead(302, { location: `https://${LOOPBACK}/inside` }).end()
    })
    site.listen(0, LOOPBACK)
    await once(site, 'listening')
    const [clock, random, crypto] = [systemClock(), systemRandom(), createNativeCrypto()]
    const keys = crypto.x25519KeyPair(random(32))
    const fetcher = new PageFetcher({
      clock,
      isAllowed: (address) => address === LOOPBACK,
      resolve: async () => [{ address: LOOPBACK, family: 4 }],
      trusted: identity.cert,
      port: (site.address() as AddressInfo).port,
    })
    const service = new PreviewService({ crypto, random, clock, keys, fetcher })
    const running = await startPreviewServer({ service, host: LOOPBACK, port: 0, logger: memoryLogger() })
    return new PreviewSite({ asked, site, service: running, key: keys.publicKey })
  }

  /** What the network file lists, so that clients find the service. */
  get outside(): Required<Pick<NetworkFile, 'exits' | 'previews'>> {
    const exit = { host: 'previews.example', port: this.#service.port, protocol: 'http' } as const
    return { exits: [exit], previews: [{ ...exit, key: this.#key }] }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]()
    this.#site.closeAllConnections()
    await new Promise((done) => this.#site.close(done))
  }
}
