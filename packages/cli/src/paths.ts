/** Where things are if nobody says otherwise. */
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

const repository = dirname(dirname(dirname(import.meta.dirname)))

/** Where the program is, with all that it is made of. */
export function repositoryFolder(): string {
  return repository
}

/** `.starling` below the repository root. */
export function localNetworkFolder(folder: string | undefined): string {
  return folder === undefined ? join(repository, '.starling') : resolve(folder)
}

/** The built web app. */
export function webAppFolder(folder: string | undefined): string {
  return folder === undefined ? join(repository, 'packages', 'web', 'dist') : resolve(folder)
}

/** `--network`, else `STARLING_NETWORK`, else the local network's. */
export function networkFilePath(option: string | undefined, environment: Environment): string {
  const chosen = option ?? environment['STARLING_NETWORK']
  return chosen === undefined ? join(localNetworkFolder(undefined), 'network.json') : resolve(chosen)
}

/** `--folder`, else `STARLING_HOME`, else `.starling` in the home folder. */
export function accountFolder(option: string | undefined, environment: Environment): string {
  return resolve(option ?? environment['STARLING_HOME'] ?? join(homedir(), '.starling'))
}
