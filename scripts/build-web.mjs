import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './setup.mjs'

const WEB = join(root, 'packages', 'web')
const MARK = join(WEB, 'dist', '.built-from')
const SOURCES = ['packages/web', 'packages/client', 'packages/protocol', 'packages/runtime']

/** Builds the app if its sources changed since the last build. False if that failed. */
export function buildWeb() {
  const wanted = fingerprint()
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === wanted) return true
  console.log('Building the app …')
  const status = run('vite', ['build', '--logLevel', 'warn'], { cwd: WEB })
  if (status !== 0) return false
  writeFileSync(MARK, wanted)
  return true
}

function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  for (const source of SOURCES) {
    for (const file of filesBelow(join(root, source))) hash.update(file).update(readFileSync(file))
  }
  return hash.digest('hex')
}

function filesBelow(folder) {
  const found = []
  for (const name of readdirSync(folder).sort()) {
    if (name === 'node_modules' || name === 'dist' || name === 'vectors') continue
    const path = join(folder, name)
    if (statSync(path).isDirectory()) found.push(...filesBelow(path))
    else if (!name.includes('.test.')) found.push(path)
  }
  return found
}
