/** What docs/ui-checklist.md claims: every test that it names is there, and no part of the interface is left out. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { expect } from 'expect'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** The parts of the interface, by number. */
const PARTS = Array.from({ length: 22 }, (_, index) => index + 1)

type Row = { readonly part: number; readonly what: string; readonly proof: string }
type Claim = { readonly path: string; readonly name: string }

/** Rows begin with the number of a part; tables without one are not ours. */
function rowsOf(page: string): readonly Row[] {
  return [...page.matchAll(/^\| (\d+) \| (.+?) \| (.+) \|$/gm)].map(([, part, what = '', proof = '']) => ({
    part: Number(part),
    what,
    proof,
  }))
}

/** `path`: *name*; *another in the same file*; `path`: *name* */
function claimsOf(proof: string): readonly Claim[] {
  const claims: Claim[] = []
  let path = ''
  for (const [, file, name] of proof.matchAll(/`([^`]+\.test\.ts)`|\*([^*]+)\*/g)) {
    if (file !== undefined) path = file
    else if (name !== undefined) claims.push({ path, name })
  }
  return claims
}

/** What is wrong with a claim; a name that is put together in the test ends in "…" here. */
function problemWith({ path, name }: Claim, read: (path: string) => string | undefined): string | undefined {
  const source = read(path)
  if (source === undefined) return `${path}: no such file`
  const isPart = name.endsWith('…')
  const begins = isPart ? name.slice(0, -1).trimEnd() : name
  const written = [begins, begins.replaceAll("'", "\\'")]
  const isThere = ["'", '"', '`'].some((quote) =>
    written.some((text) => source.includes(`test(${quote}${text}${isPart ? '' : quote}`)),
  )
  return isThere ? undefined : `${path}: no test “${name}”`
}

function readTest(path: string): string | undefined {
  const file = join(root, 'packages', path)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

const page = readFileSync(join(root, 'docs/ui-checklist.md'), 'utf8')

test('every test that the checklist names is in the file that it names', () => {
  const claims = rowsOf(page).flatMap(({ proof }) => claimsOf(proof))
  expect(claims.map((claim) => problemWith(claim, readTest)).filter((problem) => problem !== undefined)).toEqual([])
  expect(claims.length).toBeGreaterThan(100)
})

test('the checklist has every part of the interface, in order, each line with a test', () => {
  const rows = rowsOf(page)
  const parts = rows.map(({ part }) => part)
  expect(parts).toEqual(parts.toSorted((a, b) => a - b))
  expect([...new Set(parts)].filter((part) => part !== 0)).toEqual(PARTS)
  expect(rows.filter(({ proof }) => claimsOf(proof).length === 0).map(({ what }) => what)).toEqual([])
})

test('a test that is not there, or only begins with the same words, is noticed', () => {
  const source = "test('one thing', () => {})\ntest(`many, as many as there are`, () => {})"
  const read = (path: string) => (path === 'a.test.ts' ? source : undefined)
  const claims = claimsOf('`a.test.ts`: *one thing*; *one*; *many, …*; *some*; `b.test.ts`: *one thing*')
  expect(claims.map((claim) => problemWith(claim, read))).toEqual([
    undefined,
    'a.test.ts: no test “one”',
    undefined,
    'a.test.ts: no test “some”',
    'b.test.ts: no such file',
  ])
})
