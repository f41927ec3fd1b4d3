/** The composition root of a real node: configuration in, sockets and disk out. */
import { join } from 'node:path'
import { millis, seconds } from '@starling/protocol'
import { type Logger, systemClock, systemRandom, TaskGroup } from '@starling/runtime'
import { createNativeAesCbc, createNativeCrypto } from '@starling/runtime/native'
import { ConfigError, type NodeConfig } from './config.ts'
import { admissionByInvitation } from './directory/directory-member.ts'
import { readIntent, untilLeft } from './directory/leaving.ts'
import { DATABASE } from './file-names.ts'
import { measured } from './metrics/measured.ts'
import { NodeMetrics } from './metrics/node-metrics.ts'
import { startOperator } from './metrics/operator.ts'
import { describeNode, openNodeFiles } from './node-files.ts'
import { isPublicAddress } from './relay/public-address.ts'
import { createServerExit, type ServerExit } from './relay/server-exit.ts'
import { AppFiles } from './server/app-files.ts'
import { appHeaders } from './server/app-headers.ts'
import { createBootstrapClient } from './server/bootstrap-client.ts'
import { createPeerIdentity } from './server/certificate.ts'
import { openFileLimit, withinFiles } from './server/file-limit.ts'
import { Gate } from './server/gate.ts'
import { startHttpServer } from './server/http-server.ts'
import type { ServerLimits } from './server/limits.ts'
import { startLinkServer } from './server/link-server.ts'
import { TlsPeers } from './server/tls-peers.ts'
import { pingKeyOf, StarlingNode } from './starling-node.ts'
import { openSqliteStore } from './store-sqlite/sqlite-store.ts'

/**
 * Stores that come within this time share one fsync; one that comes alone does not wait. At 16 in flight a swarm of three
 * commits in groups of 8 with it, of 5 with 2 ms, and spends a fifth less processor time. docs/adr/0013-where-the-time-goes.md
 */
const GROUP_DELAY = millis(5)
/** How long a stop may take before the process gives up on what is still open. */
export const STOP_LIMIT = seconds(8)

export type RunOptions = {
  readonly config: NodeConfig
  readonly logger: Logger
  /** The configuration as it is now, when the operator says that invitations have changed. @throws {ConfigError} */
  readonly reread?: () => NodeConfig
  /** The way to listed servers outside the network: to those with a public address. */
  readonly exit?: ServerExit
}

export type RunningNode = AsyncDisposable & {
  readonly node: StarlingNode
  /** Resolves when the node was asked to leave the network and has left: it can be stopped for good. */
  readonly left: Promise<void>
}

/**
 * Starts a node and its servers. Disposing stops taking requests, finishes what is under way, and closes the database.
 *
 * @throws {ConfigError} if what the configuration names cannot be used.
 * @throws {NodeStoreError} if the database cannot be opened.
 * @throws {AppFolderError} if the app that it shall give out is not whole.
 */
export async function runNode({ config, logger, reread, exit }: RunOptions): Promise<RunningNode> {
  const clock = systemClock()
  const random = systemRandom()
  const crypto = createNativeCrypto()
  const app = openApp(config)
  const limits = limitsWithinFiles(config, logger)
  const files = await openNodeFiles(config, { crypto, random, clock })
  const descriptor = describeNode(config, files, crypto)
  const admission = admissionByInvitation(config.directory?.invited ?? [])
  const metrics = new NodeMetrics()
  const store = await openSqliteStore({
    path: join(config.dataFolder, DATABASE),
    logger: logger.child('store'),
    observer: metrics,
    tuning: {
      maxBytes: config.maxStorageBytes,
      maxOwnerBytes: config.maxOwnerBytes,
      maxOwnerMessages: config.maxOwnerMessages,
      groupDelay: GROUP_DELAY,
    },
  })
  const peers = new TlsPeers({
    identity: await createPeerIdentity(files.secretKey, clock.now()),
    host: config.host,
    port: config.peerPort,
    clock,
    logger: logger.child('peer'),
    limits,
  })
  const node = new StarlingNode(
    {
      network: files.network,
      secretKey: files.secretKey,
      descriptor,
      exits: config.onion.exits,
      ...(files.directory && { directory: { ...files.directory, admission } }),
    },
    {
      clock,
      random,
      crypto,
      logger,
      store,
      peers,
      bootstrap: createBootstrapClient(clock),
      observer: metrics,
      exit: exit ?? createServerExit({ clock, isAllowed: isPublicAddress }),
      ...(config.onion.acceptAesCbc && { aesCbc: createNativeAesCbc() }),
    },
  )
  node.membership.setIntent(readIntent(config.dataFolder))
  const surfaces = measured(node, metrics, clock)
  await using started = new AsyncDisposableStack()
  started.use(node)
  started.use(peers)
  await peers.listen(surfaces, { knows: (nodeId) => node.knows(nodeId) })
  const gate = new Gate({ limits, clock })
  const shared = { surfaces, gate, clock, pingKey: pingKeyOf(node.nodeId), logger: logger.child('http') }
  const servers = [
    started.use(await startHttpServer({ ...shared, tls: files.https, host: config.host, port: config.httpsPort })),
  ]
  if (config.web) {
    servers.push(started.use(await startHttpServer({ ...shared, ...config.web, ...(app && { app }) })))
  }
  started.use(startLinkServer(servers, { surfaces, gate, clock, logger: logger.child('link') }))
  await node.start()
  const tasks = started.use(new TaskGroup({ onFailure: () => logger.error('node.task_failed', { task: 'leave' }) }))
  const left = Promise.withResolvers<void>()
  tasks.run('leave', (signal) => untilLeft({ clock, node, store }, signal).then(left.resolve))
  if (config.metrics) {
    const reload = config.directory && reread && (() => admission.invite(reread().directory?.invited ?? []))
    started.use(
      await startOperator({
        config: { ...config, metrics: config.metrics },
        networkName: files.network.name,
        node,
        metrics,
        links: () => ({ clients: gate.openLinks, peers: peers.openLinks }),
        refusals: () => gate.refusals,
        clock,
        logger: logger.child('operator'),
        reload,
      }),
    )
  }
  logger.info('node.listening', { port: config.httpsPort })
  const whole = started.move()
  return { node, left: left.promise, [Symbol.asyncDispose]: () => whole.disposeAsync() }
}

function limitsWithinFiles({ limits }: NodeConfig, logger: Logger): ServerLimits {
  const possible = withinFiles(limits, openFileLimit())
  if (possible.connections < limits.connections) {
    logger.warn('node.connections_lowered', { count: possible.connections })
  }
  return possible
}

/** @throws {ConfigError} @throws {AppFolderError} */
function openApp({ app, web }: NodeConfig) {
  if (!app) return undefined
  if (!web) throw new ConfigError('invalid', 'app: it is given out on the web port, so `web` is needed as well')
  const isLocal = /^http:\/\/127\./.test(web.url)
  return { files: new AppFiles(app.folder), headers: appHeaders(isLocal ? 'loopback' : 'tls') }
}
