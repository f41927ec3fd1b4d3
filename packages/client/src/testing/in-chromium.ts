/** Runs a test file in a real browser, as subtests of a test of Node.js. */
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { bundleForBrowser } from './browser-bundle.ts'
import type { BrowserTestResult } from './browser-node-test.ts'

export type InChromiumOptions = {
  /** A module that declares tests with `node:test`; every one becomes a subtest. */
  readonly entry: URL
  /** Servers and the like that the tests need. What it gives as `parameters` is `globalThis.testParameters` to them. */
  readonly setUp?: () => Promise<{ readonly parameters: unknown; readonly tearDown: () => Promise<void> }>
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
]

const executablePath = process.env['STARLING_CHROMIUM'] ?? '/usr/bin/chromium'
const advice = 'there is no Chromium: sudo apt-get install chromium, or STARLING_CHROMIUM=/path/to/chromium'

/** Declares the test `name`. Without Chromium it is skipped, and says what to type. */
export function testInChromium(name: string, options: InChromiumOptions): void {
  test(name, { skip: existsSync(executablePath) ? false : advice }, async (context) => {
    for (const { name: title, failure } of await runInChromium(options)) {
      await context.test(title, () => {
        if (failure !== undefined) throw new Error(failure)
      })
    }
  })
}

async function runInChromium(options: InChromiumOptions): Promise<readonly BrowserTestResult[]> {
  await using stack = new AsyncDisposableStack()
  const setting = await options.setUp?.()
  if (setting !== undefined) stack.defer(setting.tearDown)
  const { entry } = options
  // Awaited here: what was set up goes when this ends.
  return await withChromium({ entry, parameters: setting?.parameters }, async (page, failures) => {
    const results = await page.evaluate<BrowserTestResult[]>('runBrowserTests()')
    if (results.length === 0) throw new Error('the bundle declares no test')
    return failures.length === 0
      ? results
      : [...results, { name: 'no error goes unhandled', failure: failures.join('\n') }]
  })
}

export type ChromiumOptions = {
  readonly entry: URL
  /** `globalThis.testParameters` of the page. */
  readonly parameters?: unknown
  /** Flags beside those of tests. */
  readonly args?: readonly string[]
}

/** Runs `fn` with a page that has the bundle of `entry`, and with the errors that nobody caught in it. */
export async function withChromium<T>(
  { entry, parameters, args = [] }: ChromiumOptions,
  fn: (page: Page, failures: readonly string[]) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const origin = await serve(stack, await bundleForBrowser(entry))
  // Every launch has a new user-data-dir of its own, which goes with it.
  const launched = await chromium.launch({ executablePath, args: [...FLAGS, ...args] })
  const browser = stack.adopt(launched, (it: Browser) => it.close())
  const page = await browser.newPage()
  const failures: string[] = []
  page.on('pageerror', (error) => failures.push(`${error.message}\n${error.stack}`))
  await page.addInitScript((given) => Object.assign(globalThis, { testParameters: given }), parameters)
  await page.goto(origin, { waitUntil: 'load' })
  if (failures.length > 0) throw new Error(`the bundle does not run: ${failures.join('\n')}`)
  return await fn(page, failures) // awaited here: the page goes when this ends
}

/** A page on loopback: an origin of its own, and what browsers call a secure context. */
async function serve(stack: AsyncDisposableStack, script: string): Promise<string> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/tests.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(
      isScript
        ? script
        : '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/tests.js"></script>',
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack.defer(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
