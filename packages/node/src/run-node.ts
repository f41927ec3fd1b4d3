/** The composition root of a real node: configuration in, sockets and disk out. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CodecError,
  descriptorCodec,
  equalBytes,
  millis,
  nodeIdOf,
  parseIpv4Address,
  parseNetworkFile,
  SecretKey,
  seconds,
  unixMillis,
} from '@starling/protocol'
import { type Clock, type Logger, systemClock, systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { ConfigError, type NodeConfig } from './config.ts'
import { admissionByInvitation } from './directory/directory-member.ts'
import { readOrCreateKey } from './key-file.ts'
import { createBootstrapClient } from './server/bootstrap-client.ts'
import { certificateHash, createHttpsIdentity, createPeerIdentity, type TlsIdentity } from './server/certificate.ts'
import { Gate } from './server/gate.ts'
import { startHttpServer } from './server/http-server.ts'
import { startLinkServer } from './server/link-server.ts'
import { TlsPeers } from './server/tls-peers.ts'
import { type NodeSettings, pingKeyOf, StarlingNode } from './starling-node.ts'
import { openSqliteStore } from './store-sqlite/sqlite-store.ts'

const SOFTWARE_VERSION = '0.1.0'
/** Stores that come within this time share one fsync. */
const GROUP_DELAY = millis(2)

export type RunningNode = AsyncDisposable & { readonly node: StarlingNode }

/**
 * Starts a node and its servers. Disposing stops taking requests, finishes what is under way, and closes the database.
 *
 * @throws {ConfigError} if what the configuration names cannot be used.
 * @throws {NodeStoreError} if the database cannot be opened.
 */
export async function runNode(config: NodeConfig, logger: Logger): Promise<RunningNode> {
  const clock = systemClock()
  const random = systemRandom()
  const crypto = createNativeCrypto()
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 })
  const network = parseNetworkFile(readText(config.network))
  const keys = readOrCreateKey(join(config.dataFolder, 'node.key'), { crypto, random })
  const secretKey = new SecretKey(keys.secretKey)
  const https = await httpsIdentity(config.dataFolder, clock)
  const store = await openSqliteStore({
    path: join(config.dataFolder, 'messages.sqlite'),
    logger: logger.child('store'),
    tuning: { maxBytes: config.maxStorageBytes, groupDelay: GROUP_DELAY },
  })
  const peers = new TlsPeers({
    identity: await createPeerIdentity(secretKey, clock.now()),
    host: config.host,
    port: config.peerPort,
    clock,
    logger: logger.child('peer'),
    limits: config.limits,
  })
  const settings: NodeSettings = {
    network,
    secretKey,
    descriptor: {
      version: 1,
      nodeId: nodeIdOf(keys.publicKey),
      encryptionKey: crypto.ed25519ToX25519(keys.publicKey),
      address: parseIpv4Address(config.address),
      httpsPort: config.httpsPort,
      peerPort: config.peerPort,
      certificateHash: certificateHash(https),
      webUrl: config.web?.url.replace(/\/$/, '') ?? '',
      operator: config.operator,
      softwareVersion: SOFTWARE_VERSION,
      capabilities: 0,
    },
    ...(config.directory && { directory: directoryRole(config.directory) }),
  }
  assertDescribable(settings)
  const node = new StarlingNode(settings, {
    clock,
    random,
    crypto,
    logger,
    store,
    peers,
    bootstrap: createBootstrapClient(clock),
  })
  await using started = new AsyncDisposableStack()
  started.use(node)
  started.use(peers)
  await peers.listen(node, { knows: (nodeId) => node.knows(nodeId) })
  const pingKey = pingKeyOf(node.nodeId)
  const gate = new Gate({ limits: config.limits, clock })
  const shared = { surfaces: node, gate, clock, pingKey, logger: logger.child('http') }
  const servers = [
    started.use(await startHttpServer({ ...shared, tls: https, host: config.host, port: config.httpsPort })),
  ]
  if (config.web) servers.push(started.use(await startHttpServer({ ...shared, ...config.web })))
  started.use(startLinkServer(servers, { surfaces: node, gate, clock, logger: logger.child('link') }))
  await node.start()
  logger.info('node.listening', { port: config.httpsPort })
  const whole = started.move()
  return { node, [Symbol.asyncDispose]: () => whole.disposeAsync() }

  function directoryRole(role: NonNullable<NodeConfig['directory']>): NonNullable<NodeSettings['directory']> {
    const pair = readOrCreateKey(role.keyFile, { crypto, random })
    const keyIndex = network.directoryKeys.findIndex((key) => equalBytes(key, pair.publicKey))
    if (keyIndex < 0) throw new ConfigError('invalid', 'the directory key is not one of the network file')
    return { keyIndex, secretKey: new SecretKey(pair.secretKey), admission: admissionByInvitation(role.invited) }
  }
}

/** What cannot be announced is told now, and not when the first announcement fails. */
function assertDescribable({ descriptor }: NodeSettings): void {
  try {
    descriptorCodec.encode({ ...descriptor, timestamp: unixMillis(0) })
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    throw new ConfigError('invalid', 'web.url, operator or address cannot stand in a directory', { cause: error })
  }
}

/** Made once and kept: the descriptor names its hash. */
async function httpsIdentity(folder: string, clock: Clock): Promise<TlsIdentity> {
  const [keyFile, certFile] = [join(folder, 'https.key.pem'), join(folder, 'https.cert.pem')]
  if (existsSync(keyFile) && existsSync(certFile)) return { key: readText(keyFile), cert: readText(certFile) }
  const identity = await createHttpsIdentity(clock.now())
  writeFileSync(keyFile, identity.key, { mode: 0o600 })
  writeFileSync(certFile, identity.cert)
  return identity
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError('unreadable', 'a file that the configuration names cannot be read', { cause: error })
  }
}

/** How long a stop may take before the process gives up on what is still open. */
export const STOP_LIMIT = seconds(8)
