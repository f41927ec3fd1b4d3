// The app's budget: what a first visit loads, compressed. At most 1 MB.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildWeb } from './build-web.mjs'
import { root } from './setup.mjs'

const BUDGET_BYTES = 1_000_000
if (!buildWeb()) process.exit(1)
const dist = join(root, 'packages', 'web', 'dist')
if (!existsSync(dist)) process.exit(1)

let total = 0
const rows = []
for (const file of readdirSync(dist, { recursive: true })) {
  const path = join(dist, String(file))
  // Fonts of other alphabets are loaded only where their characters occur.
  if (!statSync(path).isFile() || /\.(map)$|gallery|\.built-from/.test(String(file))) continue
  const size = gzipSync(readFileSync(path)).length
  total += size
  rows.push([size, String(file)])
}
for (const [size, file] of rows.sort((a, b) => b[0] - a[0]).slice(0, 8))
  console.log(`  ${(size / 1000).toFixed(1).padStart(7)} kB  ${file}`)
console.log(`  ${(total / 1000).toFixed(1).padStart(7)} kB  compressed in all, of ${BUDGET_BYTES / 1000} kB`)
process.exit(total <= BUDGET_BYTES ? 0 : 1)
