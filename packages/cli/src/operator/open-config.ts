/** The configuration of a node, for the commands of its operator. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError, type NodeConfig, readConfig } from '@starling/node/operator'
import { MalformedInputError, type NetworkFile, parseNetworkFile } from '@starling/protocol'
import { CliError } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'

export type OpenedConfig = { readonly path: string; readonly config: NodeConfig }

/** @throws {CliError} `node_config` */
export function openConfig(file: string, { environment }: Pick<CliPorts, 'environment'>): OpenedConfig {
  const path = resolve(file)
  try {
    return { path, config: readConfig(path, environment) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const advice =
      error.code === 'unreadable'
        ? 'Name it with --config, or make it with `starling node init`.'
        : 'Correct it; docs/operating.md lists the keys.'
    throw new CliError('node_config', `${path}: ${error.message}. ${advice}`, { cause: error })
  }
}

/** @throws {CliError} `network_file` */
export function openNetwork({ network }: Pick<NodeConfig, 'network'>): NetworkFile {
  try {
    return parseNetworkFile(readFileSync(network, 'utf8'))
  } catch (error) {
    const what = error instanceof MalformedInputError ? 'is no network file' : 'cannot be read'
    throw new CliError('network_file', `${network} ${what}. Get network.json from whoever runs the network.`, {
      cause: error,
    })
  }
}
