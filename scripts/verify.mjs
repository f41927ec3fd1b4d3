// `npm run verify`: everything that a change must pass. `--quick` leaves the tests out.
import { ensureInstalled, pinnedNode, run } from './setup.mjs'

ensureInstalled()
const STEPS = [
  ['types', 'tsc', ['-b', '--pretty']],
  ['types of tests', 'tsc', ['-p', 'tsconfig.tests.json', '--pretty']],
  [
    'types of the app',
    'svelte-check',
    ['--workspace', 'packages/web', '--tsconfig', 'tsconfig.json', '--fail-on-warnings', '--output', 'human'],
  ],
  ['lint and format', 'biome', ['check', '.']],
  [
    'arrows between packages',
    'depcruise',
    ['--config', '.dependency-cruiser.mjs', '--output-type', 'err-long', 'packages', 'scripts'],
  ],
  ['dead code', 'knip', []],
  ['rules that no linter sees', pinnedNode(), ['scripts/check-rules.mjs']],
  ['documents', pinnedNode(), ['scripts/check-docs.mjs']],
  ['bundle budget', pinnedNode(), ['scripts/check-bundle.mjs']],
]
if (!process.argv.includes('--quick')) STEPS.push(['tests', pinnedNode(), ['scripts/test.mjs']])

let failed = 0
for (const [name, command, args] of STEPS) {
  console.log(`── ${name}`)
  if (run(command, args) !== 0) {
    console.error(`✗ ${name}`)
    failed++
  }
}
console.log(failed === 0 ? 'verify: everything passed' : `verify: ${failed} of ${STEPS.length} steps failed`)
process.exit(failed === 0 ? 0 : 1)
