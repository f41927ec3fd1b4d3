/** A browser with data of its own, which can be closed and opened again. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type ConsoleMessage,
  chromium,
  type Page,
} from 'playwright-core'

export const chromiumPath = process.env['STARLING_CHROMIUM'] ?? '/usr/bin/chromium'

/** The machine may be busy with much else: nothing here is about speed. */
const PATIENCE_MS = 60_000

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * What a browser says by itself when nodes or the network are away, or a page is left while an icon is fetched: the audit
 * looks at the icons itself.
 */
const UNREACHABLE =
  /net::ERR_(CONNECTION|INTERNET|NETWORK|ADDRESS|TIMED)|^WebSocket connection to 'ws:\/\/127\.0\.0\.1|icon from the Manifest.*\(Download error/

export type Look = {
  readonly width?: number
  readonly height?: number
  readonly theme?: 'light' | 'dark'
  /** Device pixels per CSS pixel. */
  readonly scale?: number
  /** Tools that put scripts into the page need it. */
  readonly bypassPolicy?: boolean
  /** The device's clock is so many milliseconds ahead; below zero: behind. Until the page is loaded anew. */
  readonly clockAheadMs?: number
  /** A file of JPEGs, one after the other, that the camera sees. Nobody is asked whether it may be used. */
  readonly camera?: string
  /** What is stored outlives the browser, and the app can be installed: never in a browser that is shared. */
  readonly keepsData?: boolean
}

/** Goes before a script: from then on it knows another time. */
const wrongClock = (aheadMs: number) => `{
  const Right = Date
  globalThis.Date = class Date extends Right {
    constructor(...given) {
      super(...(given.length === 0 ? [Right.now() + ${aheadMs}] : given))
    }
    static now() {
      return Right.now() + ${aheadMs}
    }
  }
};`

export type ProfileOptions = {
  /** Holds the browser's data. */
  readonly folder: string
  readonly url: string
  readonly flags: readonly string[]
  readonly look: Look
  /** Gives a place of their own to those who need no browser of their own: a tenth of the work. */
  readonly shared?: Browser | undefined
}

/** A browser for several profiles. */
export function launchShared(flags: readonly string[]): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: [...FLAGS, ...flags] })
}

export class Profile {
  /** Errors and warnings of pages and workers, also those about the content policy; unexpected requests. */
  readonly failures: string[] = []
  readonly #options: ProfileOptions
  #context: BrowserContext | undefined
  #page: Page | undefined
  #wasOpen = false

  private constructor(options: ProfileOptions) {
    this.#options = options
  }

  static async open(options: ProfileOptions): Promise<Profile> {
    const profile = new Profile(options)
    await profile.open()
    return profile
  }

  get page(): Page {
    if (!this.#page) throw new Error('this browser is closed')
    return this.#page
  }

  get context(): BrowserContext {
    if (!this.#context) throw new Error('this browser is closed')
    return this.#context
  }

  get url(): string {
    return this.#options.url
  }

  /** With the browser's data. */
  get folder(): string {
    return this.#options.folder
  }

  /** Opens the browser with the data it had. */
  async open(): Promise<void> {
    const context = await this.#openContext()
    this.#context = context
    context.setDefaultTimeout(PATIENCE_MS)
    context.on('console', (message) => this.#note(message))
    context.on('weberror', (error) => this.failures.push(`thrown: ${error.error().message}`))
    context.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url())
      if (/^(http|ws)s?:$/.test(protocol) && hostname !== '127.0.0.1') this.failures.push(`request: ${request.url()}`)
    })
    const { clockAheadMs } = this.#options.look
    if (clockAheadMs !== undefined) await setClock(context, clockAheadMs)
    this.#page = context.pages()[0] ?? (await context.newPage())
    await this.#page.goto(this.#options.url)
  }

  async newTab(): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(this.#options.url)
    return page
  }

  async close(): Promise<void> {
    // A script that is being fetched for a page that goes is no failure.
    await this.#context?.unrouteAll({ behavior: 'ignoreErrors' })
    await this.#context?.close()
    this.#context = undefined
    this.#page = undefined
  }

  #openContext(): Promise<BrowserContext> {
    const { folder, flags, look, shared } = this.#options
    const { camera, keepsData = shared === undefined || camera !== undefined } = look
    if (!keepsData && this.#wasOpen) throw new Error('nothing is left of what was in this browser: see keepsData')
    this.#wasOpen = true
    if (shared !== undefined && !keepsData) return shared.newContext(optionsOf(look))
    const filmed =
      camera === undefined ? [] : ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${camera}`]
    const args = [...FLAGS, ...flags, ...filmed]
    return chromium.launchPersistentContext(folder, { executablePath: chromiumPath, args, ...optionsOf(look) })
  }

  #note(message: ConsoleMessage): void {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    if (!UNREACHABLE.test(message.text())) this.failures.push(`${message.type()}: ${message.text()}`)
  }
}

function optionsOf(look: Look): BrowserContextOptions {
  const { width = 1280, height = width < 640 ? 844 : 800, theme = 'light', scale = 1, bypassPolicy = false } = look
  return {
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: theme,
    hasTouch: width < 640,
    locale: 'en-GB',
    reducedMotion: 'reduce',
    bypassCSP: bypassPolicy,
    permissions: [
      'clipboard-read',
      'clipboard-write',
      ...(look.clockAheadMs === undefined ? [] : ['local-network-access']),
      ...(look.camera === undefined ? [] : ['camera']),
    ],
  }
}

/** In pages, and in the worker that they start: there is no other way to the clock of a worker. */
async function setClock(context: BrowserContext, aheadMs: number): Promise<void> {
  await context.addInitScript(wrongClock(aheadMs))
  await context.route('**/client-worker-*.js', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: `${wrongClock(aheadMs)}${await response.text()}` })
  })
}
