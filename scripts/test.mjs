// `npm test`: sets up what is missing and runs every test. The last line is the plain count.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildNode } from './build-node.mjs'
import { buildWeb } from './build-web.mjs'
import { ensureChromium } from './chromium.mjs'
import { ensureInstalled, pinnedEnvironment, pinnedNode, root, run } from './setup.mjs'

ensureInstalled()
const counts = join(root, '.build', 'test-counts.jsonl')
mkdirSync(join(root, '.build'), { recursive: true })
rmSync(counts, { force: true })

const built = buildNode() && buildWeb()
const chromium = ensureChromium()
const only = process.argv.slice(2)

// Files of one group share a process (a process per file costs twenty times as much); groups do not disturb each other.
const GROUPS = [
  {
    name: 'units and properties',
    globs: ['packages/{protocol,runtime,node,client,cli,web}/src/**/!(*.process|*.browser).test.ts'],
  },
  { name: 'scenarios on virtual time', globs: ['packages/testnet/src/**/!(*.process|*.browser).test.ts'] },
  { name: 'architecture', globs: ['scripts/**/*.test.ts'] },
  { name: 'real processes', globs: ['packages/*/src/**/*.process.test.ts'] },
  { name: 'a real browser', globs: ['packages/*/src/**/*.browser.test.ts'], browser: true },
]

let failedToRun = built ? 0 : 1
for (const group of GROUPS) {
  if (only.length > 0 && !only.some((word) => group.name.includes(word))) continue
  if (group.browser && chromium === undefined) continue
  console.log(`\n── ${group.name}`)
  const status = run(
    pinnedNode(),
    ['--test', '--test-isolation=none', '--test-reporter=./scripts/test-reporter.mjs', ...group.globs],
    {
      env: { ...pinnedEnvironment(), STARLING_TEST_COUNTS: counts, ...(chromium && { STARLING_CHROMIUM: chromium }) },
    },
  )
  if (status !== 0) failedToRun++
}

const rows = existsSync(counts)
  ? readFileSync(counts, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : []
const total = (key) => rows.reduce((sum, row) => sum + row[key], 0)
const failed = Math.max(total('failed'), failedToRun > 0 ? 1 : 0)
if (chromium === undefined) console.log('\nThe browser tests were left out: no Chromium (see above).')
console.log(
  `\n${total('passed')} passed, ${failed} failed${total('skipped') > 0 ? `, ${total('skipped')} skipped` : ''}`,
)
process.exit(failed > 0 ? 1 : 0)
