/** The folder of the network: keys, network file, and a configuration for each node. Nothing runs yet. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import {
  type Crypto,
  days,
  formatNetworkFile,
  type NetworkFile,
  type NodeId,
  nodeIdOf,
  seconds,
  toHex,
} from '@starling/protocol'
import { systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import type { Place } from './peer-proxies.ts'

export const NODES = 9
export const SWARM_SIZE = 3

export type ChaosNode = {
  readonly index: number
  readonly nodeId: NodeId
  readonly httpsPort: number
  readonly folder: string
  readonly place: Place
  child: ChildProcess | undefined
}

const crypto: Crypto = createNativeCrypto()

/** The first one is the directory member. */
export async function layOut(folder: string): Promise<readonly ChaosNode[]> {
  const random = systemRandom()
  const ports = await freePorts(3 * NODES + 1)
  const webPort = ports.pop()!
  const directoryKey = random(32)
  const nodes = Array.from({ length: NODES }, (_, index): ChaosNode => {
    const place = { listenPort: ports.pop()!, publicPort: ports.pop()!, pid: undefined }
    const home = join(folder, String(index))
    mkdirSync(join(home, 'data'), { recursive: true, mode: 0o700 })
    const seed = random(32)
    writeFileSync(join(home, 'data', 'node.key'), toHex(seed), { mode: 0o600 })
    const nodeId = nodeIdOf(crypto.ed25519KeyPair(seed).publicKey)
    return { index, nodeId, httpsPort: ports.pop()!, folder: home, place, child: undefined }
  })
  writeFileSync(join(folder, 'network.json'), formatNetworkFile(networkFile(directoryKey, webPort)))
  writeFileSync(join(folder, 'directory.key'), toHex(directoryKey), { mode: 0o600 })
  for (const node of nodes) {
    const config = configOf(node, { webPort, invited: nodes.map(({ nodeId }) => nodeId) })
    writeFileSync(join(node.folder, 'node.json'), JSON.stringify(config))
  }
  return nodes
}

function networkFile(directoryKey: Uint8Array, webPort: number): NetworkFile {
  return {
    version: 1,
    name: 'Chaos',
    directoryKeys: [crypto.ed25519KeyPair(directoryKey).publicKey],
    threshold: 1,
    bootstrap: [`http://127.0.0.1:${webPort}`],
    parameters: {
      swarmSize: SWARM_SIZE,
      hops: 3,
      epochLength: seconds(5),
      documentLifetime: days(1),
      // Longer than anything that happens to a node here: swarms stay as they are.
      dropAfter: seconds(600),
      publicTtlLimit: days(14),
      privateTtlLimit: days(30),
    },
  }
}

function configOf({ index, httpsPort, place }: ChaosNode, shared: { webPort: number; invited: readonly NodeId[] }) {
  return {
    network: '../network.json',
    dataFolder: 'data',
    host: '127.0.0.1',
    address: '127.0.0.1',
    httpsPort,
    peerPort: place.listenPort,
    publicPeerPort: place.publicPort,
    operator: `operator ${index}`,
    // All clients and nodes have one address here.
    limits: { perAddress: false },
    ...(index === 0 && {
      web: { port: shared.webPort, url: `http://127.0.0.1:${shared.webPort}` },
      directory: { keyFile: '../directory.key', invited: shared.invited },
    }),
  }
}

/** All held at once, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => server.listening || once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
