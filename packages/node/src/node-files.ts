/** What a node keeps in its data folder besides its messages, and what it says of itself by it. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CodecError,
  type Crypto,
  type Descriptor,
  descriptorCodec,
  type Ed25519PublicKey,
  type Ed25519SecretKey,
  equalBytes,
  type NetworkFile,
  nodeIdOf,
  parseIpv4Address,
  parseNetworkFile,
  type RandomBytes,
  SecretKey,
  unixMillis,
} from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import { ConfigError, type NodeConfig } from './config.ts'
import { HTTPS_CERTIFICATE, HTTPS_KEY, NODE_KEY } from './file-names.ts'
import { readOrCreateKey } from './key-file.ts'
import { writePrivateFile } from './private-file.ts'
import { certificateHash, createHttpsIdentity, type TlsIdentity } from './server/certificate.ts'

export const SOFTWARE_VERSION = '0.1.0'

export type NodeFiles = {
  readonly network: NetworkFile
  readonly publicKey: Ed25519PublicKey
  readonly secretKey: SecretKey<Ed25519SecretKey>
  readonly https: TlsIdentity
  readonly directory: { readonly keyIndex: number; readonly secretKey: SecretKey<Ed25519SecretKey> } | undefined
}

type Tools = { readonly crypto: Crypto; readonly random: RandomBytes; readonly clock: Clock }

/**
 * Reads what is there, and makes the keys that are missing.
 *
 * @throws {ConfigError} if a file cannot be used.
 * @throws {MalformedInputError} `network_file`
 */
export async function openNodeFiles(config: NodeConfig, tools: Tools): Promise<NodeFiles> {
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 })
  const network = parseNetworkFile(readText(config.network))
  const { publicKey, secretKey } = readOrCreateKey(join(config.dataFolder, NODE_KEY), tools)
  return {
    network,
    publicKey,
    secretKey: new SecretKey(secretKey),
    https: await httpsIdentity(config.dataFolder, tools.clock),
    directory: config.directory && directoryKey(config.directory, network, tools),
  }
}

/** @throws {ConfigError} `invalid`, now and not when the first announcement fails. */
export function describeNode(
  config: NodeConfig,
  { publicKey, https }: NodeFiles,
  crypto: Crypto,
): Omit<Descriptor, 'timestamp'> {
  const descriptor: Omit<Descriptor, 'timestamp'> = {
    version: 1,
    nodeId: nodeIdOf(publicKey),
    encryptionKey: crypto.ed25519ToX25519(publicKey),
    address: parseIpv4Address(config.address),
    httpsPort: config.publicHttpsPort ?? config.httpsPort,
    peerPort: config.publicPeerPort ?? config.peerPort,
    certificateHash: certificateHash(https),
    webUrl: config.web?.url.replace(/\/$/, '') ?? '',
    operator: config.operator,
    softwareVersion: SOFTWARE_VERSION,
    capabilities: 0,
  }
  try {
    descriptorCodec.encode({ ...descriptor, timestamp: unixMillis(0) })
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    throw new ConfigError('invalid', 'web.url, operator or address cannot stand in a directory', { cause: error })
  }
  return descriptor
}

function directoryKey(
  { keyFile }: NonNullable<NodeConfig['directory']>,
  network: NetworkFile,
  tools: Tools,
): NonNullable<NodeFiles['directory']> {
  const { publicKey, secretKey } = readOrCreateKey(keyFile, tools)
  const keyIndex = network.directoryKeys.findIndex((key) => equalBytes(key, publicKey))
  if (keyIndex < 0) throw new ConfigError('invalid', 'the directory key is not one of the network file')
  return { keyIndex, secretKey: new SecretKey(secretKey) }
}

/** Made once and kept: the descriptor names its hash. */
async function httpsIdentity(folder: string, clock: Clock): Promise<TlsIdentity> {
  const [keyFile, certFile] = [join(folder, HTTPS_KEY), join(folder, HTTPS_CERTIFICATE)]
  if (existsSync(keyFile) && existsSync(certFile)) return { key: readText(keyFile), cert: readText(certFile) }
  const identity = await createHttpsIdentity(clock.now())
  writePrivateFile(keyFile, identity.key, { replace: true })
  writePrivateFile(certFile, identity.cert, { replace: true })
  return identity
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError('unreadable', 'a file that the configuration names cannot be read', { cause: error })
  }
}
