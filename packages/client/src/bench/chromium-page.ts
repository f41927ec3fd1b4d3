/** Runs in Chromium, and tells its figures to `main.ts`. */
import { systemClock, systemRandom } from '@starling/runtime'
import { createWasmCrypto } from '@starling/runtime/wasm'
import { openIndexedDbStore } from '../browser/indexeddb-store.ts'
import { fillStore, measurePages, measureSearches, openBench, type Times } from './measure-store.ts'

export type ChromiumFigures = {
  readonly fillMs: number
  readonly openMs: number
  readonly times: readonly Times[]
  /** Bytes, as the rest. */
  readonly heapBefore: number
  readonly heapAfter: number
  readonly disk: number
}

async function runBench(count: number): Promise<ChromiumFigures> {
  const clock = systemClock()
  const now = () => performance.now()
  const ports = { clock, now, crypto: await createWasmCrypto(), random: systemRandom() }
  const open = async () => openBench({ ...ports, store: await openIndexedDbStore({ name: 'bench', clock }) })
  const filling = now()
  const filled = await open()
  await fillStore(filled, count)
  await filled.sealed[Symbol.asyncDispose]()
  const fillMs = now() - filling
  const heapBefore = heapSize()
  const opening = now()
  const bench = await open()
  const openMs = now() - opening
  const times = [...(await measurePages(bench)), ...(await measureSearches(bench))]
  const { usage = 0 } = await navigator.storage.estimate()
  return { fillMs, openMs, times, heapBefore, heapAfter: heapSize(), disk: usage }
}

/** Only Chromium tells it. */
function heapSize(): number {
  const { memory } = performance as Performance & { readonly memory?: { readonly usedJSHeapSize: number } }
  return memory?.usedJSHeapSize ?? Number.NaN
}

Object.assign(globalThis, { runBench })
