// A line for each file's worth of tests, failures in full, and the counts for the sum at the end.
import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'

const inspect = (error) => {
  const cause = error?.cause ?? error
  return cause?.stack ?? String(cause)
}

/** @param {AsyncIterable<{ type: string, data: any }>} source */
export default async function* report(source) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const files = new Map()
  const failures = []
  const of = (file) => {
    const name = file ? relative(process.cwd(), file) : '(run)'
    if (!files.has(name)) files.set(name, { passed: 0, failed: 0, skipped: 0, ms: 0 })
    return files.get(name)
  }
  for await (const { type, data } of source) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.nesting === 0 && data.file) of(data.file).ms += data.details?.duration_ms ?? 0
    if (data.details?.type === 'suite') {
      if (type === 'test:pass') continue
      if (data.details.error?.failureType === 'subtestsFailed') continue
    }
    const file = of(data.file)
    const outcome =
      data.skip !== undefined || data.todo !== undefined ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed'
    counts[outcome]++
    file[outcome]++
    if (outcome === 'failed') {
      failures.push({ file: data.file, line: data.line, name: data.name, error: data.details.error })
      yield `  ✗ ${data.name}\n`
    }
  }
  for (const [name, file] of files) {
    const parts = [
      `${file.passed} passed`,
      file.failed > 0 && `${file.failed} failed`,
      file.skipped > 0 && `${file.skipped} skipped`,
    ]
    yield `  ${file.failed > 0 ? '✗' : '✓'} ${name} · ${parts.filter(Boolean).join(', ')} · ${Math.round(file.ms)} ms\n`
  }
  for (const failure of failures) {
    yield `\n✗ ${failure.name}\n  ${failure.file ? relative(process.cwd(), failure.file) : ''}:${failure.line ?? ''}\n`
    yield `${inspect(failure.error)
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n')}\n`
  }
  if (process.env.STARLING_TEST_COUNTS) appendFileSync(process.env.STARLING_TEST_COUNTS, `${JSON.stringify(counts)}\n`)
}
