/** `starling node init`: keys, configuration, and a look at whether this machine can run a node. `check` is that look alone. */
import { chmodSync, existsSync, mkdirSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { NODE_KEY, type NodeConfig, readOrCreateKey } from '@starling/node/operator'
import { formatNetworkFile, wipe } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { CliError, type ExitCode } from '../cli-error.ts'
import { formatBytes } from '../operator/check-disk.ts'
import { type Finding, finding, renderFindings } from '../operator/finding.ts'
import { openKeys } from '../operator/key-backup.ts'
import { nodeIdIn, wipeFiles, writeKeyFiles } from '../operator/key-files.ts'
import { type InitOptions, readSettings, type Settings } from '../operator/node-settings.ts'
import { openConfig, openNetwork } from '../operator/open-config.ts'
import { readPassphrase } from '../operator/passphrase.ts'
import { fetchStatus } from '../operator/running-node.ts'
import { selfCheck } from '../operator/self-check.ts'
import { type CliPorts, interruptSignal } from '../ports.ts'
import { jsonLine } from '../terminal/visible-text.ts'
import { readBackup } from './node-export.ts'

/** Of what is free when the node is made: the rest is for the log of writes, the system and others. */
const SHARE_OF_DISK = 0.8
const PRIVATE = 0o600
const PRIVATE_FOLDER = 0o700

/** 1, if the node is made but something was found that keeps it from working. */
export async function nodeInit(options: InitOptions, ports: CliPorts): Promise<ExitCode> {
  const path = resolve(options.config)
  if (existsSync(path)) {
    throw new CliError(
      'node_exists',
      `${path} is there already. Nothing was changed. \`starling node check\` tests it.`,
    )
  }
  const settings = await readSettings(options, ports)
  const dataFolder = resolve(options.data ?? join(dirname(path), 'data'))
  mkdirSync(dirname(path), { recursive: true, mode: PRIVATE_FOLDER })
  mkdirSync(dataFolder, { recursive: true, mode: PRIVATE_FOLDER })
  chmodSync(dataFolder, PRIVATE_FOLDER)
  const text = formatConfig({ options, settings, path, dataFolder })
  keepNetwork(join(dirname(path), 'network.json'), formatNetworkFile(settings.network))
  await makeKeys(options, dataFolder, ports)
  writeFileSync(path, text, { mode: PRIVATE, flag: 'wx', flush: true })
  const { nodeId, findings, config } = await inspect(path, ports)
  if (options.json) ports.output.write(jsonLine({ config: path, nodeId, findings }))
  else ports.output.write(renderMade({ path, nodeId, findings, config }))
  return isFine(findings) ? 0 : 1
}

/** 1, if something was found that keeps the node from working. */
export async function nodeCheck(
  options: { readonly config: string; readonly json?: boolean },
  ports: CliPorts,
): Promise<ExitCode> {
  const { nodeId, findings, path } = await inspect(resolve(options.config), ports)
  if (options.json) ports.output.write(jsonLine({ config: path, nodeId, findings }))
  else ports.output.write(`Node ${nodeId ?? 'without a key that can be read'}\n${renderFindings(findings)}`)
  return isFine(findings) ? 0 : 1
}

function isFine(findings: readonly Finding[]): boolean {
  return findings.every(({ level }) => level !== 'problem')
}

async function inspect(file: string, ports: CliPorts) {
  const { path, config } = openConfig(file, ports)
  using interrupt = interruptSignal(ports.interrupts)
  const asking = { clock: ports.clock, signal: interrupt.signal }
  const key = readNodeId(config)
  const network = openNetwork(config)
  const running = config.metrics ? await fetchStatus(config, asking).catch(() => undefined) : undefined
  const isRunning = running !== undefined && running.nodeId === key.nodeId
  const findings = await selfCheck({ configPath: path, config, network, isRunning, ...asking })
  return { path, config, nodeId: key.nodeId, findings: [...key.findings, ...findings] }
}

/** A key that cannot be read is one finding among others. */
function readNodeId(config: NodeConfig): { readonly nodeId: string | null; readonly findings: readonly Finding[] } {
  try {
    return { nodeId: nodeIdIn(config, createNativeCrypto()), findings: [] }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { nodeId: null, findings: [finding('files', 'problem', error.message)] }
  }
}

/** @throws {CliError} `node_exists`, if another network's file is there. */
function keepNetwork(path: string, text: string): void {
  if (!existsSync(path)) writeFileSync(path, text, { mode: PRIVATE, flush: true })
  else if (formatNetworkFile(openNetwork({ network: path })) !== text) {
    throw new CliError('node_exists', `${path} is of another network. Choose another folder for --config.`)
  }
}

async function makeKeys(options: InitOptions, dataFolder: string, ports: CliPorts): Promise<void> {
  const crypto = createNativeCrypto()
  if (options.import === undefined) {
    wipe(readOrCreateKey(join(dataFolder, NODE_KEY), { crypto, random: ports.random }).secretKey)
    return
  }
  const files = await openKeys(readBackup(options.import), await readPassphrase(options, ports), crypto)
  try {
    writeKeyFiles({ dataFolder } as NodeConfig, files)
  } finally {
    wipeFiles(files)
  }
}

function formatConfig(made: {
  readonly options: InitOptions
  readonly settings: Settings
  readonly path: string
  readonly dataFolder: string
}): string {
  const { options, settings, path, dataFolder } = made
  const inside = relative(dirname(path), dataFolder)
  const { bavail, bsize } = statfsSync(dataFolder)
  const value = {
    network: 'network.json',
    dataFolder: inside.startsWith('..') ? dataFolder : inside || '.',
    ...(options.host !== undefined && { host: options.host }),
    address: settings.address,
    httpsPort: options.httpsPort,
    peerPort: options.peerPort,
    ...(settings.web && { web: settings.web }),
    ...(settings.operator !== '' && { operator: settings.operator }),
    ...(options.metricsPort !== 0 && { metrics: { port: options.metricsPort } }),
    maxStorageBytes: options.maxStorage ?? Math.floor((bavail * bsize * SHARE_OF_DISK) / 1e9) * 1e9,
  }
  return `${JSON.stringify(value, undefined, 2)}\n`
}

function renderMade(made: {
  readonly path: string
  readonly nodeId: string | null
  readonly findings: readonly Finding[]
  readonly config: NodeConfig
}): string {
  const { path, nodeId, findings, config } = made
  const limit = config.maxStorageBytes === 0 ? 'no bound' : `at most ${formatBytes(config.maxStorageBytes)}`
  return `Made a node.
  Node ID        ${nodeId ?? 'none yet'}
  Configuration  ${path}
  Keys and data  ${config.dataFolder} (${limit})

${renderFindings(findings)}
Next:
  1. Give the node ID to a directory member of the network: it invites you.
  2. Open ports ${config.httpsPort} and ${config.peerPort} to the internet.
  3. starling node run --config ${path}     (or the systemd unit: docs/operating.md)
  4. starling node join --config ${path}    waits until it takes part
`
}
