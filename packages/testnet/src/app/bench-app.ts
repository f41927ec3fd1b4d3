/**
 * `npm run bench -- app`: how quick the built app is, in Chromium, on a local network of real nodes on the same machine. Prints
 * a table, asserts nothing about time.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { AppStage, cannotRun } from './app-stage.ts'
import { measureFirstLoad } from './measure-app.ts'
import { type Fill, fillApp, measureFilled, millis, type Row } from './measure-filled.ts'
import { measureMemory } from './measure-memory.ts'
import { paintedAfter, watchPage } from './measure-page.ts'

const { values } = parseArgs({
  options: {
    chats: { type: 'string', default: '1000' },
    messages: { type: 'string', default: '100000' },
    'scroll-seconds': { type: 'string', default: '30' },
    minutes: { type: 'string', default: '2' },
  },
})

if (cannotRun !== false) {
  console.error(cannotRun)
  process.exit(1)
}
const folder = mkdtempSync(join(tmpdir(), 'starling-bench-'))
try {
  const load = () => loadavg()[0]?.toFixed(1)
  console.log(`${cpus().length} cores, load average ${load()}, Node.js ${process.version}`)
  await run({ folder, chats: Number(values.chats), messages: Number(values.messages) })
  console.log(`load average at the end: ${load()}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function run(fill: Fill): Promise<void> {
  await using stage = await AppStage.open()
  // The archive is imported by a worker of our own, which the page's policy would not let in.
  const who = await stage.person('Alice', { bypassPolicy: true })
  await watchPage(who.page)
  await who.page.reload({ waitUntil: 'commit' })
  const interactive = await paintedAfter(who.page, 'main button, button')
  print([
    { name: 'first load, files', target: '≤ 1 MB compressed', value: await measureFirstLoad(who) },
    { name: 'first load, until it can be used', target: '', value: millis([interactive]) },
  ])
  await who.createAccount()
  const self = await who.copyAccountId()
  const filling = await fillApp(who, self, fill)
  print([{ name: 'import of the archive', target: '', value: `${(filling / 1000).toFixed(0)} s` }])
  print(await measureFilled(who, fill, Number(values['scroll-seconds'])))
  const minutes = Number(values.minutes)
  if (minutes > 0) print(await measureMemory(who, { network: stage.network.networkFile, folder: fill.folder, minutes }))
}

function print(rows: readonly Row[]): void {
  for (const { name, target, value } of rows) {
    console.log(`${name.padEnd(72)}  ${value}${target === '' ? '' : `   (target: ${target})`}`)
  }
}
