/** The gallery in a real browser: built, served on loopback and opened once for all files of tests that share a process. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { after } from 'node:test'
import { expect } from 'expect'
import { type Browser, type BrowserContext, type ConsoleMessage, chromium, type Page } from 'playwright-core'
import { build } from 'vite'

const executablePath = process.env['STARLING_CHROMIUM'] ?? '/usr/bin/chromium'

/** Given as a test's `skip`: false, or what to type. */
export const noChromium = existsSync(executablePath)
  ? false
  : 'there is no Chromium: sudo apt-get install chromium, or STARLING_CHROMIUM=/path/to/chromium'

export type Look = {
  readonly width?: number
  readonly theme?: 'light' | 'dark'
  /** The zoom of the browser: as on a window that is as many times smaller. */
  readonly zoom?: number
  /** As in `language=ar&text=larger`. */
  readonly query?: string
}

/** A state on a page that is loaded for it; nothing may be thrown there or reported in its console. */
export async function onState(
  state: string,
  look: Look,
  use: (page: Page, context: BrowserContext) => Promise<void>,
): Promise<void> {
  await onEachState([state], look, (page) => use(page, page.context()))
}

/** As `onState`, one after the other. */
export async function onEachState<State extends string>(
  states: readonly State[],
  { query = '', ...look }: Look,
  use: (page: Page, state: State) => Promise<void>,
): Promise<void> {
  opened ??= openGallery()
  const { browser, origin } = await opened
  const page = await takePage(browser, look)
  let isAsItWas = false
  try {
    for (const state of states) {
      const failures: string[] = []
      const stop = listen(page, failures)
      // Another address each time: what differs behind the # alone is no other page for a browser.
      await page.goto(`${origin}/gallery.html?${query}&load=${++loads}#${state}`)
      await page.locator('#app > *').first().waitFor({ state: 'attached' })
      await use(page, state)
      stop()
      expect({ state, failures }).toEqual({ state, failures: [] })
    }
    isAsItWas = true
  } finally {
    if (isAsItWas) await giveBack(page, look)
    else await page.context().close()
  }
}

/** Collects what a page throws or reports, until the answer is called. */
function listen(page: Page, failures: string[]): () => void {
  const onError = (error: Error) => void failures.push(error.message)
  const onMessage = (message: ConsoleMessage) => {
    if (message.type() === 'error' || message.type() === 'warning') failures.push(message.text())
  }
  page.on('pageerror', onError).on('console', onMessage)
  return () => void page.off('pageerror', onError).off('console', onMessage)
}

let loads = 0
/** Pages that nobody uses, by look: one that is loaded anew costs a third of one in a context of its own. */
const idle = new Map<string, Page>()

async function takePage(browser: Browser, look: Look): Promise<Page> {
  const name = JSON.stringify(look)
  const known = idle.get(name)
  idle.delete(name)
  if (known !== undefined) return known
  const page = await browser.newPage(optionsOf(look))
  page.setDefaultTimeout(10_000)
  return page
}

/** As it was taken; the gallery itself keeps nothing in the browser. */
async function giveBack(page: Page, look: Look): Promise<void> {
  // Another clock stays with its context.
  if (await page.evaluate<boolean>('"__pwClock" in globalThis')) return page.context().close()
  const { viewport, colorScheme, reducedMotion } = optionsOf(look)
  await page.mouse.move(-1, -1)
  await page.context().clearPermissions()
  await page.setViewportSize(viewport)
  await page.emulateMedia({ colorScheme, reducedMotion })
  idle.set(JSON.stringify(look), page)
}

type Opened = AsyncDisposable & { readonly browser: Browser; readonly origin: string }

let opened: Promise<Opened> | undefined
after(async () => (await opened)?.[Symbol.asyncDispose]())

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

async function openGallery(): Promise<Opened> {
  await using stack = new AsyncDisposableStack()
  const origin = await serve(await buildGallery(), stack)
  const browser = await chromium.launch({ executablePath, args: flags })
  stack.defer(() => browser.close())
  const opened = stack.move()
  return { browser, origin, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

function optionsOf({ width = 1440, theme = 'light', zoom = 1 }: Look) {
  return {
    viewport: { width: Math.round(width / zoom), height: Math.round((width < 640 ? 844 : 900) / zoom) },
    deviceScaleFactor: zoom,
    colorScheme: theme,
    hasTouch: width < 640,
    reducedMotion: 'reduce',
    locale: 'en-GB',
  } as const
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
        // Names of these say what is in them. A browser that keeps them also keeps what it compiled.
        if (pathname.startsWith('/assets/')) response.setHeader('cache-control', 'max-age=3600, immutable')
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
