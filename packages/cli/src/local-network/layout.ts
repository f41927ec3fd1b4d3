/**
 * A folder with a local network: `network.json` for everybody, `local.json` with what we know of each node,
 * `nodes/NN/node.json` with its configuration and `nodes/NN/data` with its key and messages. `local.json` is written
 * last: a folder without it holds no network.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  isJsonObject,
  type NetworkFile,
  type NodeId,
  parseJson,
  parseNetworkFile,
  parseNodeId,
} from '@starling/protocol'
import { CliError } from '../cli-error.ts'

export type NodePlace = {
  /** `01`, `02`, … */
  readonly name: string
  readonly nodeId: NodeId
  readonly httpsPort: number
  readonly peerPort: number
  readonly webPort: number
  readonly metricsPort: number
}

export type Layout = { readonly network: NetworkFile; readonly nodes: readonly NodePlace[] }

export const networkPath = (folder: string): string => join(folder, 'network.json')
export const layoutPath = (folder: string): string => join(folder, 'local.json')
export const loadNodesPath = (folder: string): string => join(folder, 'nodes.json')
export const runPath = (folder: string): string => join(folder, 'run.json')
export const nodeFolder = (folder: string, name: string): string => join(folder, 'nodes', name)
export const logPath = (folder: string, name: string): string => join(nodeFolder(folder, name), 'node.log')
export const webUrlOf = (node: NodePlace): string => `http://127.0.0.1:${node.webPort}`

export function formatLayout(nodes: readonly NodePlace[]): string {
  return `${JSON.stringify({ version: 1, nodes }, undefined, 2)}\n`
}

/**
 * The network in `folder`; `undefined` if there is none.
 *
 * @throws {CliError} `network_file`, if what is there cannot be read.
 */
export function readLayout(folder: string): Layout | undefined {
  if (!existsSync(layoutPath(folder))) return undefined
  try {
    const network = parseNetworkFile(readFileSync(networkPath(folder), 'utf8'))
    const nodes = parseNodes(parseJson(readFileSync(layoutPath(folder), 'utf8')))
    if (nodes !== undefined) return { network, nodes }
  } catch (error) {
    throw unreadable(folder, error)
  }
  throw unreadable(folder)
}

function unreadable(folder: string, cause?: unknown): CliError {
  return new CliError(
    'network_file',
    `The local network in ${folder} cannot be read: network.json or local.json is damaged or missing. ` +
      'Nothing was started or changed. Restore the file, or use another folder with --folder.',
    { cause },
  )
}

function parseNodes(value: unknown): NodePlace[] | undefined {
  if (!isJsonObject(value) || value['version'] !== 1 || !Array.isArray(value['nodes'])) return undefined
  const nodes = value['nodes'].map(parsePlace)
  return nodes.length > 0 && nodes.every((node) => node !== undefined) ? nodes : undefined
}

function parsePlace(value: unknown): NodePlace | undefined {
  if (!isJsonObject(value)) return undefined
  const { name, nodeId, httpsPort, peerPort, webPort } = value
  // Networks that were made before nodes had it keep the place for it.
  const metricsPort = value['metricsPort'] ?? Number(webPort) + 100
  if (typeof name !== 'string' || !/^\d{2}$/.test(name) || typeof nodeId !== 'string') return undefined
  if (!isPort(httpsPort) || !isPort(peerPort) || !isPort(webPort) || !isPort(metricsPort)) return undefined
  return { name, nodeId: parseNodeId(nodeId), httpsPort, peerPort, webPort, metricsPort }
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
}
