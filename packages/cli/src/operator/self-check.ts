/** Everything that can be known of a node before it runs: ports, disk, clock, address, files, machine. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DATABASE, HTTPS_KEY, NODE_KEY, type NodeConfig, OPERATOR_TOKEN } from '@starling/node/operator'
import type { NetworkFile } from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import { checkAddress } from './check-address.ts'
import { checkClock } from './check-clock.ts'
import { checkDisk, measureDisk } from './check-disk.ts'
import { checkFiles } from './check-files.ts'
import { checkMachine, thisMachine } from './check-machine.ts'
import { checkPorts, type PortUse } from './check-ports.ts'
import { type Finding, finding } from './finding.ts'

export type SelfCheck = {
  readonly configPath: string
  readonly config: NodeConfig
  readonly network: NetworkFile
  /** The ports are the running node's own, and are left out. */
  readonly isRunning: boolean
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** The data folder must be there. */
export async function selfCheck(options: SelfCheck): Promise<readonly Finding[]> {
  const { configPath, config, network, isRunning, clock, signal } = options
  const { dataFolder, directory } = config
  const secrets = [NODE_KEY, HTTPS_KEY, OPERATOR_TOKEN].map((name) => join(dataFolder, name))
  if (directory) secrets.push(directory.keyFile)
  const [ports, time] = await Promise.all([
    isRunning
      ? [finding('ports', 'good', 'the node runs, and has its ports')]
      : checkPorts(portsOf(config), clock, signal),
    checkClock(network.bootstrap, clock, signal),
  ])
  return [
    ...checkMachine(thisMachine()),
    ...checkFiles([
      { path: configPath, kind: 'configuration' },
      { path: dataFolder, kind: 'folder' },
      ...secrets.map((path) => ({ path, kind: 'secret' as const })),
    ]),
    ...disk(config, clock),
    ...checkAddress({ address: config.address, host: config.host, bootstrap: network.bootstrap }),
    ...ports,
    ...time,
  ]
}

function portsOf({ host, httpsPort, peerPort, web, metrics }: NodeConfig): readonly PortUse[] {
  return [
    { name: 'httpsPort', host, port: httpsPort },
    { name: 'peerPort', host, port: peerPort },
    ...(web ? [{ name: 'web.port', host: web.host, port: web.port }] : []),
    ...(metrics ? [{ name: 'metrics.port', host: metrics.host, port: metrics.port }] : []),
  ]
}

function disk({ dataFolder, maxStorageBytes }: NodeConfig, clock: Clock): readonly Finding[] {
  try {
    return checkDisk(measureDisk(dataFolder, clock), {
      maxStorageBytes,
      databaseBytes: statSync(join(dataFolder, DATABASE), { throwIfNoEntry: false })?.size ?? 0,
    })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return [finding('disk', 'problem', `${dataFolder} cannot be written to: the system says ${code}.`)]
  }
}
