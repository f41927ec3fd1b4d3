/** What stands in for `node:test` in a bundle for browsers: collects tests, and runs them when the page is told to. */
export type BrowserTestResult = { readonly name: string; readonly failure?: string }

const tests: { name: string; fn: () => unknown }[] = []

export function test(name: string, fn: () => unknown): void {
  tests.push({ name, fn })
}

/** One after the other, as `node --test` does. */
async function run(): Promise<BrowserTestResult[]> {
  const results: BrowserTestResult[] = []
  for (const { name, fn } of tests) {
    try {
      await Promise.race([fn(), tooLong()])
      results.push({ name })
    } catch (error) {
      results.push({ name, failure: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) })
    }
  }
  return results
}

const MAX_MS = 30_000

function tooLong(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`not done after ${MAX_MS} ms`)), MAX_MS)
  })
}

Object.assign(globalThis, { runBrowserTests: run })
