/**
 * Prints how the local store and its search do: `main.ts [messages] [--chromium]`. Without arguments: 112,000 messages, of
 * which 100,000 are in one conversation, in Node.js and in Chromium. Asserts nothing about time.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { openSqliteStore } from '../node/sqlite-store.ts'
import { withChromium } from '../testing/in-chromium.ts'
import type { ChromiumFigures } from './chromium-page.ts'
import { fillStore, measurePages, measureSearches, openBench, type Times } from './measure-store.ts'

const DEFAULT_COUNT = 112_000

export async function main(args: readonly string[]): Promise<void> {
  const count = Number(args.find((arg) => /^\d+$/.test(arg)) ?? DEFAULT_COUNT)
  const isChromiumOnly = args.includes('--chromium')
  const isBoth = args.length === 0
  if (!isChromiumOnly) await measureNode(count)
  if (isChromiumOnly || isBoth) await measureChromium(count)
}

async function measureNode(count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'starling-bench-'))
  try {
    print(`Node.js ${process.version}, SQLite, ${count} messages`)
    const ports = {
      clock: systemClock(),
      crypto: createNativeCrypto(),
      random: systemRandom(),
      now: () => performance.now(),
    }
    const path = join(folder, 'store.sqlite')
    let start = performance.now()
    {
      const bench = await openBench({ ...ports, store: await openSqliteStore({ path }) })
      await fillStore(bench, count)
      await bench.sealed[Symbol.asyncDispose]()
    }
    figure('filled and indexed, each message', (performance.now() - start) / count, 'ms')
    const before = memory()
    start = performance.now()
    const bench = await openBench({ ...ports, store: await openSqliteStore({ path }) })
    figure('index opened', performance.now() - start, 'ms')
    printTimes([...(await measurePages(bench)), ...(await measureSearches(bench))])
    figure('memory of the process, before', before, 'MB')
    figure('memory of the process, after', memory(), 'MB')
    await bench.sealed[Symbol.asyncDispose]()
    const size = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
    figure('on the disk', size / 1e6, 'MB')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureChromium(count: number): Promise<void> {
  const entry = new URL('chromium-page.ts', import.meta.url)
  const args = ['--enable-precise-memory-info']
  await withChromium({ entry, args }, async (page) => {
    print(`\nChromium, IndexedDB, ${count} messages`)
    page.setDefaultTimeout(0)
    const figures = await page.evaluate<ChromiumFigures>(`runBench(${count})`)
    figure('filled and indexed, each message', figures.fillMs / count, 'ms')
    figure('index opened', figures.openMs, 'ms')
    printTimes(figures.times)
    figure('JavaScript heap, before', figures.heapBefore / 1e6, 'MB')
    figure('JavaScript heap, after', figures.heapAfter / 1e6, 'MB')
    figure('on the disk, as the browser says', figures.disk / 1e6, 'MB')
  })
}

function printTimes(all: readonly Times[]): void {
  for (const { name, times } of all) {
    const sorted = [...times].sort((a, b) => a - b)
    figure(`${name}, middle`, sorted[Math.floor(sorted.length / 2)]!, 'ms')
    figure(`${name}, worst of ${sorted.length}`, sorted.at(-1)!, 'ms')
  }
}

function memory(): number {
  return process.memoryUsage().rss / 1e6
}

function figure(name: string, value: number, unit: string): void {
  print(`${name.padEnd(64)} ${value.toFixed(value < 10 ? 2 : 1).padStart(9)} ${unit}`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

if (import.meta.main) await main(process.argv.slice(2))
