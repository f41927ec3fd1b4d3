import { accessSync, constants, existsSync, lstatSync, statSync } from 'node:fs'
import { type Finding, finding } from './finding.ts'

export type PlaceToCheck = { readonly path: string; readonly kind: 'secret' | 'folder' | 'configuration' }

/** Secrets are for their owner alone, folders writable, the configuration not writable by others. What is missing is left out. */
export function checkFiles(places: readonly PlaceToCheck[]): readonly Finding[] {
  const present = places.filter(({ path }) => existsSync(path))
  const found = present.flatMap((place) => checkPlace(place) ?? [])
  return found.length > 0 ? found : [finding('files', 'good', 'keys and data are readable by their user alone')]
}

function checkPlace({ path, kind }: PlaceToCheck): Finding | undefined {
  if (process.platform === 'win32') return undefined
  const { mode, uid } = statSync(path)
  const own = process.getuid?.() ?? uid
  if (kind === 'secret' && (mode & 0o077) !== 0) {
    return finding('files', 'problem', `${path} can be read by others, and the node refuses it: chmod 600 ${path}`)
  }
  if (kind === 'secret' && own !== 0 && uid !== own) {
    return finding('files', 'problem', `${path} belongs to another user: chown it to the one that runs the node.`)
  }
  if (kind === 'configuration' && (mode & 0o002) !== 0) {
    return finding('files', 'problem', `${path} can be changed by everybody: chmod o-w ${path}`)
  }
  if (kind === 'folder') {
    if (!isWritable(path)) return finding('files', 'problem', `${path} cannot be written to by this user.`)
    if ((mode & 0o077) !== 0) {
      return finding('files', 'advice', `${path} can be looked into by other users of this machine: chmod 700 ${path}`)
    }
    if (lstatSync(path).isSymbolicLink()) return undefined
  }
  return undefined
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
