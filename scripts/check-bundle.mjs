// The app's budget, compressed: what a first visit loads, and the client alone. What comes later (other languages, parts of
// screens) counts as well, because the service worker fetches the whole build at the first visit; icons are the system's.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildWeb } from './build-web.mjs'
import { root } from './setup.mjs'

const BUDGETS = [
  { name: 'all of the app', limit: 1_000_000, has: () => true },
  { name: 'the client, with its cryptography', limit: 350_000, has: (path) => /^assets\/client-worker-/.test(path) },
]
if (!buildWeb()) process.exit(1)
const dist = join(root, 'packages', 'web', 'dist')
const list = join(dist, 'build.json')
if (!existsSync(list)) {
  console.error('  the build has no list of its files')
  process.exit(1)
}

const { files } = JSON.parse(readFileSync(list, 'utf8'))
const rows = files
  .filter(({ path }) => !path.startsWith('icons/'))
  .map(({ path }) => ({ path, size: gzipSync(readFileSync(join(dist, path))).length }))
  .sort((a, b) => b.size - a.size)
const kilobytes = (size) => `${(size / 1000).toFixed(1).padStart(7)} kB`
for (const { path, size } of rows.slice(0, 8)) console.log(`  ${kilobytes(size)}  ${path}`)

let broken = 0
for (const { name, limit, has } of BUDGETS) {
  const counted = rows.filter(({ path }) => has(path))
  const size = counted.reduce((sum, row) => sum + row.size, 0)
  const isFine = counted.length > 0 && size <= limit
  console.log(`${isFine ? '  ' : '✗ '}${kilobytes(size)}  ${name}, of ${limit / 1000} kB`)
  if (!isFine) broken++
}
process.exit(broken === 0 ? 0 : 1)
