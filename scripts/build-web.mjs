import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprint, root, run } from './setup.mjs'

const WEB = join(root, 'packages', 'web')
const MARK = join(WEB, 'dist', '.built-from')
const SOURCES = ['packages/web', 'packages/client', 'packages/protocol', 'packages/runtime']

/** Builds the app if its sources changed since the last build. False if that failed. */
export function buildWeb() {
  const wanted = fingerprint(SOURCES)
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === wanted) return true
  console.log('Building the app …')
  const status = run('vite', ['build', '--logLevel', 'error'], { cwd: WEB })
  if (status !== 0) return false
  writeFileSync(MARK, wanted)
  return true
}
