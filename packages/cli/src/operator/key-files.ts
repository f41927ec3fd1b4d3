/** The secret files of a node, as they go into a backup and come out of it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConfigError, HTTPS_CERTIFICATE, HTTPS_KEY, NODE_KEY, type NodeConfig, readKey } from '@starling/node/operator'
import { type Crypto, type NodeId, nodeIdOf, wipe } from '@starling/protocol'
import { CliError } from '../cli-error.ts'
import type { KeyFile } from './key-backup.ts'

const DIRECTORY_KEY = 'directory.key'

type Place = { readonly name: string; readonly path: string }

function placesOf({ dataFolder, directory }: NodeConfig): readonly Place[] {
  const names = [NODE_KEY, HTTPS_KEY, HTTPS_CERTIFICATE]
  return [
    ...names.map((name) => ({ name, path: join(dataFolder, name) })),
    ...(directory ? [{ name: DIRECTORY_KEY, path: directory.keyFile }] : []),
  ]
}

/**
 * Those that are there.
 *
 * @throws {CliError} `node_config`, if the node's own key is not, or others may read it.
 */
export function readKeyFiles(config: NodeConfig, crypto: Crypto): readonly KeyFile[] {
  nodeIdIn(config, crypto)
  return placesOf(config)
    .filter(({ path }) => existsSync(path))
    .map(({ name, path }) => ({ name, content: new Uint8Array(readFileSync(path)) }))
}

/**
 * Writes them where the configuration says, for their user alone.
 *
 * @throws {CliError} `keys_exist`, if one of them is there: nothing is ever overwritten. `key_backup`
 */
export function writeKeyFiles(config: NodeConfig, files: readonly KeyFile[]): readonly string[] {
  const places = placesOf(config)
  const targets = files.map(({ name, content }) => {
    const place = places.find((candidate) => candidate.name === name)
    if (place) return { path: place.path, content }
    const advice =
      name === DIRECTORY_KEY
        ? 'The backup holds a directory key: give the configuration a "directory" with its "keyFile" first.'
        : 'The backup holds a file that this version does not know.'
    throw new CliError('key_backup', `${advice} Nothing was written.`)
  })
  if (!files.some(({ name }) => name === NODE_KEY)) {
    throw new CliError('key_backup', 'The backup holds no key of a node. Nothing was written.')
  }
  const taken = targets.find(({ path }) => existsSync(path))
  if (taken) {
    throw new CliError(
      'keys_exist',
      `${taken.path} is there already. Nothing was written: keys are never overwritten. ` +
        'Move it away if you are sure that it is not needed.',
    )
  }
  for (const { path, content } of targets) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, content, { mode: 0o600, flag: 'wx', flush: true })
  }
  return targets.map(({ path }) => path)
}

export function wipeFiles(files: readonly KeyFile[]): void {
  for (const { content } of files) wipe(content)
}

/**
 * The node ID of the key in the data folder.
 *
 * @throws {CliError} `node_config`
 */
export function nodeIdIn({ dataFolder }: NodeConfig, crypto: Crypto): NodeId {
  const path = join(dataFolder, NODE_KEY)
  try {
    const { publicKey, secretKey } = readKey(path, crypto)
    wipe(secretKey)
    return nodeIdOf(publicKey)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CliError('node_config', `${path}: ${error.message}.`, { cause: error })
  }
}
