// `npm test`: sets up what is missing and runs every test. The last line is the plain count.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildNode } from './build-node.mjs'
import { buildWeb } from './build-web.mjs'
import { ensureChromium } from './chromium.mjs'
import { ensureInstalled, pinnedEnvironment, pinnedNode, root } from './setup.mjs'

ensureInstalled()
const counts = join(root, '.build', 'test-counts.jsonl')
mkdirSync(join(root, '.build'), { recursive: true })
rmSync(counts, { force: true })

const built = buildNode() && buildWeb()
const chromium = ensureChromium()
const only = process.argv.slice(2)

// Files of one group share a process (a process per file costs twenty times as much); groups do not disturb each other.
// Those that need one core each run together; real processes and browsers have the machine to themselves.
const GROUPS = [
  {
    name: 'units and properties',
    globs: ['packages/{protocol,runtime,node,client,cli,web}/src/**/!(*.process|*.browser).test.ts'],
  },
  { name: 'scenarios on virtual time', globs: ['packages/testnet/src/**/!(*.process|*.browser).test.ts'] },
  { name: 'architecture', globs: ['scripts/**/*.test.ts'] },
  { name: 'real processes', globs: ['packages/*/src/**/*.process.test.ts'], alone: true },
  { name: 'a real browser', globs: ['packages/*/src/**/*.browser.test.ts'], alone: true, browser: true },
]

const environment = {
  ...pinnedEnvironment(),
  STARLING_TEST_COUNTS: counts,
  ...(chromium && { STARLING_CHROMIUM: chromium }),
}
const wanted = GROUPS.filter(
  ({ name, browser }) =>
    (only.length === 0 || only.some((word) => name.includes(word))) && !(browser && chromium === undefined),
)
let failedToRun = built ? 0 : 1
const together = wanted.filter(({ alone }) => !alone).map((group) => runGroup(group, 'pipe'))
for (const running of together) {
  const { name, output, status } = await running
  console.log(`\n── ${name}\n${output}`)
  if (status !== 0) failedToRun++
}
for (const group of wanted.filter(({ alone }) => alone)) {
  console.log(`\n── ${group.name}`)
  const { status } = await runGroup(group, 'inherit')
  if (status !== 0) failedToRun++
}

/** @param {'pipe' | 'inherit'} output to be printed later, or as it comes */
function runGroup({ name, globs }, output) {
  const args = ['--test', '--test-isolation=none', '--test-reporter=./scripts/test-reporter.mjs', ...globs]
  const stdio = ['ignore', output, output]
  const child = spawn(pinnedNode(), args, { cwd: root, stdio, env: environment })
  const pieces = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => pieces.push(piece))
  return new Promise((resolve) => {
    child.once('error', ({ code }) => resolve({ name, output: `Not started: ${code}`, status: 1 }))
    child.once('close', (code) => resolve({ name, output: Buffer.concat(pieces).toString(), status: code ?? 1 }))
  })
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
