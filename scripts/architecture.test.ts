/** The arrows between packages hold, and the rules that hold them would notice if they did not. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { expect } from 'expect'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The names of the rules that are broken by the files below `cwd`. */
function violations(cwd: string): string[] {
  const { stdout } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      join(root, '.dependency-cruiser.mjs'),
      '--output-type',
      'json',
      'packages',
    ],
    { cwd, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  )
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } }
  return summary.violations.map(({ rule }) => rule.name)
}

/** A small repository with one file of each package, of which some import others. */
function withFiles(files: Readonly<Record<string, string>>, check: (cwd: string) => void): void {
  const cwd = mkdtempSync(join(tmpdir(), 'starling-arrows-'))
  try {
    writeFileSync(
      join(cwd, 'tsconfig.base.json'),
      '{"compilerOptions":{"allowImportingTsExtensions":true,"noEmit":true}}',
    )
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true })
      writeFileSync(join(cwd, path), text)
    }
    check(cwd)
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

const FORBIDDEN: readonly (readonly [from: string, to: string, rule: string])[] = [
  ['protocol', 'runtime', 'protocol-stands-alone'],
  ['runtime', 'client', 'runtime-below-drivers'],
  ['node', 'client', 'node-arrows'],
  ['client', 'node', 'client-arrows'],
  ['web', 'protocol', 'web-arrows'],
  ['cli', 'web', 'cli-arrows'],
  ['testnet', 'web', 'testnet-arrows'],
  ['client', 'testnet', 'nothing-imports-testnet'],
]

for (const [from, to, rule] of FORBIDDEN) {
  test(`an import of ${to} in ${from} is refused`, () => {
    const files = {
      [`packages/${from}/src/a.ts`]: `import '../../${to}/src/b.ts'\n`,
      [`packages/${to}/src/b.ts`]: 'export {}\n',
    }
    withFiles(files, (cwd) => expect(violations(cwd)).toContain(rule))
  })
}

test('a cycle of imports is refused', () => {
  const files = {
    'packages/node/src/a.ts': "import { b } from './b.ts'\nexport const a = () => b\n",
    'packages/node/src/b.ts': "import { a } from './a.ts'\nexport const b = () => a\n",
  }
  withFiles(files, (cwd) => expect(violations(cwd)).toContain('no-cycles'))
})

test('an allowed import is not refused', () => {
  const files = {
    'packages/client/src/a.ts': "import '../../protocol/src/b.ts'\n",
    'packages/protocol/src/b.ts': 'export {}\n',
  }
  withFiles(files, (cwd) => expect(violations(cwd)).toEqual([]))
})

test('this repository breaks no rule', () => {
  expect(violations(root)).toEqual([])
})
