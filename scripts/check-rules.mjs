// Rules of the style guide that no linter of ours can see.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.mjs'

const RULES = [
  {
    in: /^packages\/protocol\/src\/(?!testing)/,
    pattern: /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bperformance\.now\b/,
    why: 'protocol has no clock and no randomness',
  },
  {
    in: /^packages\/(node|client|web|cli)\/src\//,
    pattern: /\bMath\.random\b/,
    why: 'randomness comes in through RandomBytes',
  },
  {
    in: /^packages\/(node|client)\/src\//,
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bsetInterval\b|\bsetTimeout\b/,
    why: 'all waiting and telling time goes through Clock',
  },
  { in: /^packages\/.*\.(ts|svelte)$/, pattern: /\{@html\b/, why: 'message text is hostile' },
  { in: /^packages\/.*\.ts$/, pattern: /\b(test|it|describe)\.(only|skip|todo)\(/, why: 'no test is left out' },
  {
    in: /^packages\/web\/src\//,
    pattern: /localStorage\.setItem\([^)]*(seed|phrase|secret|key)/i,
    why: 'no secret in localStorage',
  },
]

let broken = 0
for (const file of sources(join(root, 'packages'))) {
  const path = file.slice(root.length + 1)
  if (/\/generated\/|\.test\.ts$|\.suite\.ts$|\/testing[./]|\/bench/.test(path) && !path.endsWith('.test.ts')) continue
  const lines = readFileSync(file, 'utf8').split('\n')
  for (const rule of RULES) {
    if (!rule.in.test(path) || (path.endsWith('.test.ts') && !rule.why.startsWith('no test'))) continue
    lines.forEach((line, index) => {
      if (!rule.pattern.test(line) || line.includes('rule-exception:')) return
      console.error(`  ${path}:${index + 1}: ${rule.why}`)
      broken++
    })
  }
}
process.exit(broken === 0 ? 0 : 1)

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['node_modules', 'dist', 'vectors'].includes(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (/\.(ts|svelte)$/.test(entry.name)) yield path
  }
}
