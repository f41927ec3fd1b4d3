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

// Files of one group share a process (a process per file costs twenty times as much). Two groups run at a time, one for
// each core that CI has: those that count on an answer in time beside those that need one core, browsers beside each other.
// Groups do not disturb each other.
const LANES = 2
const GROUPS = [
  { name: 'real processes', globs: ['packages/*/src/**/*.process.test.ts'] },
  {
    name: 'units and properties',
    globs: ['packages/{protocol,runtime,node,client,cli,web}/src/**/!(*.process|*.browser).test.ts'],
  },
  { name: 'scenarios on virtual time', globs: ['packages/testnet/src/**/!(*.process|*.browser).test.ts'] },
  { name: 'architecture', globs: ['scripts/**/*.test.ts'] },
  {
    name: 'the app on a network, in a real browser',
    globs: ['packages/testnet/src/**/*.browser.test.ts'],
    browser: true,
  },
  {
    name: 'components and stores in a real browser',
    globs: ['packages/{protocol,runtime,node,client,cli,web}/src/**/*.browser.test.ts'],
    browser: true,
  },
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
const waiting = [...wanted]
await Promise.all(Array.from({ length: LANES }, runLane))

async function runLane() {
  for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
    const started = performance.now()
    console.log(`… ${group.name}`)
    const how = await runGroup(group)
    const seconds = Math.round((performance.now() - started) / 1000)
    console.log(`── ${group.name}: ${seconds} s${how === 0 ? '' : `, ended with ${how}`}`)
    if (how !== 0) failedToRun++
  }
}

function runGroup({ globs }) {
  const args = ['--test', '--test-isolation=none', '--test-reporter=./scripts/test-reporter.mjs', ...globs]
  const child = spawn(pinnedNode(), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: environment })
  for (const stream of [child.stdout, child.stderr]) passLinesOn(stream)
  return new Promise((resolve) => {
    child.once('error', ({ code }) => resolve(code))
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
}

/** As they come, so that who waits sees where it is; only whole ones, because two groups speak at a time. */
function passLinesOn(stream) {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text) => {
    const whole = (rest + text).lastIndexOf('\n') + 1
    process.stdout.write((rest + text).slice(0, whole))
    rest = (rest + text).slice(whole)
  })
  stream.on('end', () => rest !== '' && process.stdout.write(`${rest}\n`))
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
const names = rows.flatMap((row) => row.names)
if (names.length > 0) console.log(`\nFailed, see above:\n${names.map((name) => `  ✗ ${name}`).join('\n')}`)
console.log(
  `\n${total('passed')} passed, ${failed} failed${total('skipped') > 0 ? `, ${total('skipped')} skipped` : ''}`,
)
process.exit(failed > 0 ? 1 : 0)
