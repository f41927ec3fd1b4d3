/** Makes a local network: keys, configurations, network file. Nothing runs yet. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Crypto,
  days,
  type Ed25519PublicKey,
  formatNetworkFile,
  type NetworkFile,
  type NetworkParameters,
  nodeIdOf,
  type RandomBytes,
  seconds,
  toHex,
  wipe,
} from '@starling/protocol'
import { CliError } from '../cli-error.ts'
import { portsOf } from './choose-ports.ts'
import { formatLayout, type Layout, layoutPath, type NodePlace, networkPath, nodeFolder, webUrlOf } from './layout.ts'

/** Epochs are short, so that nodes that come and go show soon; the rest is as in a large network. */
const PARAMETERS: Omit<NetworkParameters, 'swarmSize'> = {
  hops: 3,
  epochLength: seconds(20),
  documentLifetime: days(1),
  dropAfter: seconds(60),
  publicTtlLimit: days(14),
  privateTtlLimit: days(30),
}

const PRIVATE = 0o600
const PRIVATE_FOLDER = 0o700

export type NewNetwork = {
  readonly folder: string
  readonly nodes: number
  readonly portBase: number
  /** Those that are not as usual in a local network. */
  readonly parameters: Pick<NetworkParameters, 'swarmSize'> & Partial<NetworkParameters>
  /** What the network file lists outside of the network. */
  readonly outside?: Pick<NetworkFile, 'exits' | 'previews'>
  readonly crypto: Crypto
  readonly random: RandomBytes
}

/** @throws {CliError} `folder_not_ours`, if there is a network file that no local network has put there. */
export function createLayout(options: NewNetwork): Layout {
  const { folder, parameters } = options
  if (existsSync(networkPath(folder))) {
    throw new CliError(
      'folder_not_ours',
      `${folder} has a network.json but no local network. Nothing was changed. Use another folder with --folder.`,
    )
  }
  const nodes = Array.from({ length: options.nodes }, (_, index) => createNode(options, index))
  const network: NetworkFile = {
    version: 1,
    name: 'Local network',
    directoryKeys: [createKey(options, directoryKeyPath(folder))],
    threshold: 1,
    // The directory member alone: announcements must reach it.
    bootstrap: [webUrlOf(nodes[0]!)],
    parameters: { ...PARAMETERS, ...parameters },
    ...options.outside,
  }
  for (const node of nodes) writePrivate(join(nodeFolder(folder, node.name), 'node.json'), configOf(node, nodes))
  writePrivate(networkPath(folder), formatNetworkFile(network))
  writePrivate(layoutPath(folder), formatLayout(nodes))
  return { network, nodes }
}

function createNode(options: NewNetwork, index: number): NodePlace {
  const name = String(index + 1).padStart(2, '0')
  const data = join(nodeFolder(options.folder, name), 'data')
  mkdirSync(data, { recursive: true, mode: PRIVATE_FOLDER })
  const nodeId = nodeIdOf(createKey(options, join(data, 'node.key')))
  return { name, nodeId, ...portsOf(options.portBase, index) }
}

/** A new key pair, whose seed goes to `path`. */
function createKey({ crypto, random }: NewNetwork, path: string): Ed25519PublicKey {
  const seed = random(32)
  const { publicKey, secretKey } = crypto.ed25519KeyPair(seed)
  writePrivate(path, toHex(seed))
  wipe(seed, secretKey)
  return publicKey
}

function directoryKeyPath(folder: string): string {
  return join(nodeFolder(folder, '01'), 'directory.key')
}

/** In the form that `@starling/node` reads; paths are relative, so that the folder can be moved. */
function configOf(node: NodePlace, nodes: readonly NodePlace[]): string {
  const isDirectoryMember = node === nodes[0]
  const config = {
    network: '../../network.json',
    dataFolder: 'data',
    host: '127.0.0.1',
    address: '127.0.0.1',
    httpsPort: node.httpsPort,
    peerPort: node.peerPort,
    web: { host: '127.0.0.1', port: node.webPort, url: webUrlOf(node) },
    metrics: { port: node.metricsPort },
    // All clients and nodes of a local network have one address.
    limits: { perAddress: false },
    operator: `local node ${node.name}`,
    ...(isDirectoryMember && { directory: { keyFile: 'directory.key', invited: nodes.map(({ nodeId }) => nodeId) } }),
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}

function writePrivate(path: string, text: string): void {
  writeFileSync(path, text, { mode: PRIVATE })
}
