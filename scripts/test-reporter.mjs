// A line for each file as soon as its tests are over, failures in full at the end, and the counts for the sum of all groups.
import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'

const inspect = (error) => {
  const cause = error?.cause ?? error
  return cause?.stack ?? String(cause)
}

const newCounts = () => ({ passed: 0, failed: 0, skipped: 0 })
const pathOf = (file) => (file ? relative(process.cwd(), file) : '(run)')

function lineOf({ path, passed, failed, skipped, ms }) {
  const parts = [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`]
  return `  ${failed > 0 ? '✗' : '✓'} ${path} · ${parts.filter(Boolean).join(', ')} · ${Math.round(ms)} ms\n`
}

/** `skip` and `todo` count as skipped; undefined: nothing to count, as a suite whose tests say it themselves. */
function outcomeOf(type, { skip, todo, details }) {
  if (details?.type === 'suite' && (type === 'test:pass' || details.error?.failureType === 'subtestsFailed')) return
  if (skip !== undefined || todo !== undefined) return 'skipped'
  return type === 'test:pass' ? 'passed' : 'failed'
}

/** An error that came when its test was over: it ends the run with 1, and no test with a failure. */
function isLateError({ message, nesting }) {
  return nesting === 0 && message.startsWith('Error: ')
}

/** @param {AsyncIterable<{ type: string, data: any }>} source */
export default async function* report(source) {
  const counts = newCounts()
  const failures = []
  let file
  for await (const { type, data } of source) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message
    if (type === 'test:diagnostic' && isLateError(data)) {
      counts.failed++
      failures.push({ place: '(run)', name: 'nothing goes on after a test has ended', error: data.message })
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue
    // Files of a group run one after the other.
    const path = pathOf(data.file)
    if (file !== undefined && file.path !== path) yield lineOf(file)
    if (file?.path !== path) file = { path, ...newCounts(), ms: 0 }
    if (data.nesting === 0) file.ms += data.details?.duration_ms ?? 0
    const outcome = outcomeOf(type, data)
    if (outcome === undefined) continue
    counts[outcome]++
    file[outcome]++
    if (outcome !== 'failed') continue
    failures.push({ place: `${path}:${data.line ?? ''}`, name: data.name, error: data.details.error })
    yield `  ✗ ${data.name}\n`
  }
  if (file !== undefined) yield lineOf(file)
  for (const { place, name, error } of failures)
    yield `\n✗ ${name}\n  ${place}\n${inspect(error).replace(/^/gm, '    ')}\n`
  if (process.env.STARLING_TEST_COUNTS) {
    const names = failures.map(({ place, name }) => `${place} ${name}`)
    appendFileSync(process.env.STARLING_TEST_COUNTS, `${JSON.stringify({ ...counts, names })}\n`)
  }
}
