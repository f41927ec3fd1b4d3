/** The gallery in a real browser: built, served on loopback, and driven by tests. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'

const executablePath = process.env['STARLING_CHROMIUM'] ?? '/usr/bin/chromium'

/** Given as a test's `skip`: false, or what to type. */
export const noChromium = existsSync(executablePath)
  ? false
  : 'there is no Chromium: sudo apt-get install chromium, or STARLING_CHROMIUM=/path/to/chromium'

export type Look = {
  readonly width?: number
  readonly theme?: 'light' | 'dark'
  readonly bypassPolicy?: boolean
  /** The zoom of the browser: as on a window that is as many times smaller. */
  readonly zoom?: number
}

export interface GalleryBrowser extends AsyncDisposable {
  newContext(look?: Look): Promise<BrowserContext>
  /** Opens a state; `failures` collects what the page throws or the console reports. */
  /** `query`: as in `language=ar&text=larger`. */
  show(context: BrowserContext, state: string, failures: string[], query?: string): Promise<Page>
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
]

/** Of all files of tests that share this process: a build takes longer than most tests. */
let built: Promise<string> | undefined

export async function openGallery(): Promise<GalleryBrowser> {
  const stack = new AsyncDisposableStack()
  built ??= buildGallery()
  const origin = await serve(await built, stack)
  const browser = await chromium.launch({ executablePath, args: flags })
  stack.defer(() => browser.close())

  return {
    newContext: ({ width = 1440, theme = 'light', bypassPolicy = false, zoom = 1 } = {}) =>
      browser.newContext({
        viewport: { width: Math.round(width / zoom), height: Math.round((width < 640 ? 844 : 900) / zoom) },
        deviceScaleFactor: zoom,
        colorScheme: theme,
        hasTouch: width < 640,
        bypassCSP: bypassPolicy,
        reducedMotion: 'reduce',
        locale: 'en-GB',
      }),
    async show(context, state, failures, query = '') {
      const page = await context.newPage()
      page.setDefaultTimeout(10_000)
      page.on('pageerror', (error) => failures.push(`${state}: ${error.message}`))
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') failures.push(`${state}: ${message.text()}`)
      })
      await page.goto(`${origin}/gallery.html?${query}#${state}`)
      await page.locator('#app > *').first().waitFor({ state: 'attached' })
      return page
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function buildGallery(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'starling-gallery-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const root = join(import.meta.dirname, '../..')
  const configFile = join(root, 'vite.config.ts')
  await build({ root, configFile, mode: 'gallery', logLevel: 'error', build: { outDir: folder } })
  return folder
}

async function serve(folder: string, stack: AsyncDisposableStack): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    readFile(join(folder, pathname)).then(
      (body) => {
        response.setHeader('content-type', types[extname(pathname)] ?? 'application/octet-stream')
        response.end(body)
      },
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack.defer(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
