/** `npm run fuzz`: long runs. Keeps in the repository what they learn: a better corpus, and inputs that broke a rule. */
import { parseArgs } from 'node:util'
import { addRegression } from './corpus.ts'
import { type FuzzReport, runFuzz } from './run-fuzz.ts'
import { TARGET_GROUPS } from './targets.ts'

const HELP = `npm run fuzz -- [--minutes 1] [--target name]… [--seed 1] [--missed]

  --minutes     for each target
  --executions  for each target, instead
  --target      all targets whose name begins so; all, if none is named
  --seed        decides everything but where time ends it; another one each time, unless told
  --missed      print the lines that no input has reached
  --check       write nothing`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    executions: { type: 'string' },
    target: { type: 'string', multiple: true, default: [''] },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    missed: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
const executions = Number(values.executions ?? Number.MAX_SAFE_INTEGER)
const chosen = TARGET_GROUPS.map((names) =>
  names.filter((name) => values.target.some((start) => name.startsWith(start))),
).filter((names) => names.length > 0)
if (values.help || !(minutes > 0) || !(executions >= 0) || !Number.isInteger(seed) || chosen.length === 0) {
  console.log(HELP)
  process.exit(values.help ? 0 : 2)
}

let findings = 0
const millis = values.executions === undefined ? minutes * 60_000 : Number.MAX_SAFE_INTEGER
console.log(`seed ${seed}`)
for (const targets of chosen) {
  await runFuzz({ targets, seed, executions, millis, learn: !values.check }, (report) => {
    print(report)
    findings += report.findings.length
  })
}
process.exit(findings === 0 ? 0 : 1)

function print(report: FuzzReport): void {
  const { target, executions, before, after, found, kept } = report
  console.log(
    `${target.padEnd(20)} ${String(executions).padStart(9)} executions · lines reached ${before.reached} → ` +
      `${after.reached} of ${after.lines} · ${found} new inputs, ${kept} kept`,
  )
  for (const { input, code, message, stack } of report.findings) {
    if (!values.check) addRegression(target, input, message)
    console.log(`  ✗ ${message}\n    ${code}, ${input.length} bytes: ${preview(input)}`)
    console.log(`    ${stack.split('\n').slice(0, 6).join('\n    ')}`)
  }
  if (!values.missed) return
  for (const [path, lines] of report.missed) if (lines.length > 0) console.log(`  ${path}: ${lines.join(' ')}`)
}

function preview(input: Uint8Array): string {
  return JSON.stringify(Buffer.from(input.subarray(0, 100)).toString('latin1'))
}
