/** The app with many chats and messages, which came in as an archive that somebody imports. */
import { createReadStream, createWriteStream, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { sampleArchive, sampleChatName } from '@starling/client/testing'
import { type AccountId, unixMillis } from '@starling/protocol'
import { systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { keyTimes, paintedAfter, scrollUp, takeLongTasks } from './measure-page.ts'
import type { Person } from './person.ts'

const PASSPHRASE = 'correct horse battery staple'
const RELOADS = 5
const SWITCHES = 20

export type Row = { readonly name: string; readonly target: string; readonly value: string }
export type Fill = { readonly folder: string; readonly chats: number; readonly messages: number }

/** Imports chats and messages into the account of `who`, over the port that every page of the app has. Milliseconds. */
export async function fillApp(who: Person, self: AccountId, { folder, chats, messages }: Fill): Promise<number> {
  const own = await call<string>(
    who,
    'exportArchive',
    `(blob) => new Promise((resolve) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1))
    reader.readAsDataURL(blob)
  })`,
  )
  const [before, after] = [join(folder, 'own.archive'), join(folder, 'filled.archive')]
  writeFileSync(before, Buffer.from(own, 'base64'))
  const options = { crypto: createNativeCrypto(), random: systemRandom(), passphrase: PASSPHRASE }
  const now = unixMillis(Date.now())
  const filled = sampleArchive(createReadStream(before), { ...options, self, now, chats, messages })
  await pipeline(Readable.from(filled), createWriteStream(after))
  await who.page.evaluate(`{
    const field = Object.assign(document.createElement('input'), { type: 'file', id: 'bench-archive' })
    document.body.append(field)
  }`)
  await who.page.locator('#bench-archive').setInputFiles(after)
  const start = performance.now()
  await call(who, 'importArchive', '() => undefined', `document.querySelector('#bench-archive').files[0], `)
  await who.page.evaluate(`document.querySelector('#bench-archive').remove()`)
  rmSync(after)
  return performance.now() - start
}

/** A call of the client, from a worker of this tab beside the app's own: the one that leads answers. */
function call<T>(who: Person, method: string, map: string, args = ''): Promise<T> {
  return who.page.evaluate<T>(`new Promise((resolve, reject) => {
    const script = performance.getEntriesByType('resource').find(({ name }) => /client-worker/.test(name)).name
    const policy = trustedTypes.createPolicy('bench-' + Math.random(), { createScriptURL: (url) => url })
    const worker = new Worker(policy.createScriptURL(script), { type: 'module', name: 'starling' })
    const ask = (id, kind, fields) => worker.postMessage({ kind, id, ...fields })
    worker.addEventListener('message', ({ data }) => {
      if (data.kind === 'connected') ask(1, 'call', { method: '${method}', args: [${args}'${PASSPHRASE}'] })
      if (data.kind === 'error') reject(new Error(data.error.code))
      if (data.kind === 'result' && data.id === 1) {
        resolve((${map})(data.value))
        ask(2, 'close', {})
      }
      if (data.kind === 'result' && data.id === 2) worker.terminate()
    })
  })`)
}

export async function measureFilled(who: Person, { chats, messages }: Fill, scrollSeconds: number): Promise<Row[]> {
  const { page } = who
  const held = `${chats.toLocaleString('en')} chats, ${messages.toLocaleString('en')} messages in one`
  const rows: Row[] = []
  const add = (name: string, target: string, value: string) => rows.push({ name, target, value })
  const addLongTasks = async (during: string) => {
    const { count, longest, total, worst } = await takeLongTasks(page)
    add(`long tasks: ${during}`, 'none', `${count}, longest ${longest.toFixed(0)} ms, ${total.toFixed(0)} ms in all`)
    if (worst !== '') add('  the worst frame', '', worst)
  }

  const reloads: number[] = []
  for (let round = 0; round < RELOADS; round++) {
    await page.goto(`${who.profile.url}#/chats`)
    await page.reload({ waitUntil: 'commit' })
    reloads.push(await paintedAfter(page, '[data-chat]'))
  }
  add(`reload to usable list (${held})`, '< 1,000 ms', millis(reloads))
  await addLongTasks('last reload')

  const switches: number[] = []
  for (let round = 0; round < SWITCHES; round++) switches.push(await switchTo(who, sampleChatName(round % 5)))
  add('chat switch, from click to painted messages', '< 100 ms', millis(switches))
  await addLongTasks(`${SWITCHES} chat switches`)

  await switchTo(who, sampleChatName(0))
  await scrollUp(page, 5)
  await takeLongTasks(page)
  await who.composer.click()
  const keys = await keyTimes(page, 'the quick brown fox jumps over the lazy dog, and nobody waits for it')
  add('key to painted glyph, in the large chat', '< 16 ms', millis(keys))
  await addLongTasks(`${keys.length} keys`)

  const { frames, messages: passed } = await scrollUp(page, scrollSeconds)
  const dropped = frames.reduce((sum, ms) => sum + Math.max(0, Math.round(ms / (1000 / 60)) - 1), 0)
  const worst = Math.max(...frames)
  const share = ((100 * dropped) / (frames.length + dropped)).toFixed(1)
  const speed = `${passed.toLocaleString('en')} messages in ${(frames.reduce((sum, ms) => sum + ms, 0) / 1000).toFixed(0)} s`
  add(
    `scrolling up 24,000 px/s: ${speed}`,
    'none dropped',
    `${dropped} frames dropped (${share} %), worst ${worst.toFixed(0)} ms`,
  )
  await addLongTasks('scrolling')
  return rows
}

async function switchTo(who: Person, name: string): Promise<number> {
  return who.page.evaluate<number>(`new Promise((resolve) => {
    const named = (row) => row.textContent.includes(${JSON.stringify(name)})
    const row = [...document.querySelectorAll('[data-chat]')].find(named)
    const start = performance.now()
    row.click()
    const look = () => {
      const title = document.querySelector('section.conversation h2')?.textContent ?? ''
      const isThere = document.querySelector('[role=log].placed [data-message]') !== null
      if (title.includes(${JSON.stringify(name)}) && isThere) resolve(performance.now() - start)
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })`)
}

export function millis(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN).toFixed(0)
  return values.length === 1 ? `${at(0)} ms` : `p50 ${at(0.5)}, p90 ${at(0.9)}, worst ${at(1)} ms of ${values.length}`
}
