/** `npm run audit`: prints what the audit looked at, and fails if it found something. */
import { AppStage, cannotRun } from './app-stage.ts'
import { auditApp } from './audit.ts'

if (cannotRun !== false) {
  console.error(cannotRun)
  process.exit(1)
}
await using stage = await AppStage.open()
const findings = await auditApp(stage)
let group = ''
for (const finding of findings.toSorted((a, b) => a.group.localeCompare(b.group))) {
  if (finding.group !== group) console.log(`\n${finding.group}`)
  group = finding.group
  console.log(`  ${finding.problems.length === 0 ? '✓' : '✗'} ${finding.name}`)
  for (const problem of finding.problems) console.log(`      ${problem}`)
}
const bad = findings.filter(({ problems }) => problems.length > 0).length
console.log(
  bad === 0 ? `\naudit: all ${findings.length} checks passed` : `\naudit: ${bad} of ${findings.length} checks failed`,
)
process.exitCode = bad === 0 ? 0 : 1
