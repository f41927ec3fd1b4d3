/**
 * What an operator decides, from one JSON file and the environment. Parsed once, at the start; unknown keys are refused,
 * so that a typing error does not run a node with a default.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isExitHostName, MessengerError, type NodeId, parseNodeId } from '@starling/protocol'
import * as z from 'zod'
import { DEFAULT_LIMITS, type ServerLimits } from './server/limits.ts'

export class ConfigError extends MessengerError {
  override readonly name = 'ConfigError'
  readonly fault = 'caller'
  readonly code: 'unreadable' | 'not_json' | 'invalid'
  constructor(code: ConfigError['code'], detail: string, options?: ErrorOptions) {
    super(`node configuration: ${detail}`, options)
    this.code = code
  }
}

const port = z.int().min(1).max(65_535)
const nodeId = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((text): NodeId => parseNodeId(text))

type LimitName = Exclude<keyof ServerLimits, 'perAddress'>
const rate = (name: LimitName) => z.int().min(1).default(DEFAULT_LIMITS[name])
// One address gets a fifth at most: fewer than this would be no room for anybody.
const total = (name: LimitName) => z.int().min(16).default(DEFAULT_LIMITS[name])

const limits = z.strictObject({
  perAddress: z.boolean().default(DEFAULT_LIMITS.perAddress),
  rpcPerSecond: rate('rpcPerSecond'),
  onionPerSecond: rate('onionPerSecond'),
  directoryPerSecond: rate('directoryPerSecond'),
  connectionsPerSecond: rate('connectionsPerSecond'),
  addresses: total('addresses'),
  connections: total('connections'),
  links: total('links'),
  requests: total('requests'),
  /** Room for the largest request several times over, or nobody could send one. */
  bytes: z.int().min(67_108_864).default(DEFAULT_LIMITS.bytes),
})

/** What the last hop of an onion request may do beyond what the protocol asks of it. */
const onion = z.strictObject({
  /** Layers that nothing authenticates, as some third-party clients make them. */
  acceptAesCbc: z.boolean().default(false),
  /** Servers to relay to, besides those that the network file lists: exact name in lower case, port, protocol. */
  exits: z
    .array(
      z.strictObject({
        host: z.string().refine(isExitHostName, 'not a host name in lower case or an IPv4 address'),
        port: port.default(443),
        protocol: z.enum(['https', 'http']).default('https'),
      }),
    )
    .max(256)
    .default([]),
})

const LOOPBACK = /^127\./

/** Numbers for Prometheus and `starling node status`, and what `starling node leave` asks of a running node. */
const metrics = z
  .strictObject({
    host: z.ipv4().default('127.0.0.1'),
    port,
    /** The numbers tell how busy a node is: whoever reads them from elsewhere must be meant to. */
    allowOthers: z.boolean().default(false),
  })
  .refine(({ host, allowOthers }) => allowOthers || LOOPBACK.test(host), {
    path: ['host'],
    message: 'not a loopback address; set allowOthers to true if others on the network shall read the metrics',
  })

const fileForm = z.strictObject({
  /** Path of `network.json`. */
  network: z.string().min(1),
  /** Holds the node's key and its database. */
  dataFolder: z.string().min(1),
  /** The interface to listen on. */
  host: z.ipv4().default('0.0.0.0'),
  /** The address that others reach us by. */
  address: z.ipv4(),
  httpsPort: port.default(22_021),
  peerPort: port.default(22_020),
  /** The ports that others reach us by, where they are not those that we listen on: behind a router or a proxy. */
  publicHttpsPort: port.optional(),
  publicPeerPort: port.optional(),
  /** Plain HTTP: on loopback, or behind a reverse proxy that holds a certificate. `url` is what browsers use. */
  web: z
    .strictObject({
      host: z.ipv4().default('127.0.0.1'),
      port,
      url: z.url().max(200),
      /** The proxy, on loopback, writes the client's address as the last one of `X-Forwarded-For`. */
      trustForwardedFor: z.boolean().default(false),
    })
    .optional(),
  /** Gives the app out at `/app/` on the web port: the folder of a build. docs/app.md */
  app: z.strictObject({ folder: z.string().min(1) }).optional(),
  /** What one address, one link, and all together may use: `server/limits.ts` says what each number is. */
  limits: limits.prefault({}),
  /** Names who runs the node: nodes of one operator are kept apart. */
  operator: z
    .string()
    .regex(/^[\x20-\x7e]*$/)
    .max(32)
    .default(''),
  /** Only for a directory member: its key in the network file, and who is invited. */
  directory: z.strictObject({ keyFile: z.string().min(1), invited: z.array(nodeId).max(10_000) }).optional(),
  metrics: metrics.optional(),
  onion: onion.prefault({}),
  /** Of the database, in bytes; 0: no limit. */
  maxStorageBytes: z.int().min(0).default(0),
  /** Of one account's messages, in bytes: 1 GiB; 0: no limit. */
  maxOwnerBytes: z.int().min(0).default(1_073_741_824),
  /** Of one account's messages; 0: no limit. */
  maxOwnerMessages: z.int().min(0).default(0),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export type NodeConfig = z.output<typeof fileForm>

const VARIABLES = {
  STARLING_NODE_NETWORK: ['network', String],
  STARLING_NODE_DATA_FOLDER: ['dataFolder', String],
  STARLING_NODE_HOST: ['host', String],
  STARLING_NODE_ADDRESS: ['address', String],
  STARLING_NODE_HTTPS_PORT: ['httpsPort', wholeNumber],
  STARLING_NODE_PEER_PORT: ['peerPort', wholeNumber],
  STARLING_NODE_OPERATOR: ['operator', String],
  STARLING_NODE_MAX_STORAGE_BYTES: ['maxStorageBytes', wholeNumber],
  STARLING_NODE_MAX_OWNER_BYTES: ['maxOwnerBytes', wholeNumber],
  STARLING_NODE_MAX_OWNER_MESSAGES: ['maxOwnerMessages', wholeNumber],
  STARLING_NODE_LOG_LEVEL: ['logLevel', String],
  STARLING_NODE_APP_FOLDER: ['app', (folder: string) => ({ folder })],
} as const

/** Not `Number`, for which nothing is 0, and 0 a limit that is none. What is no number the schema refuses. */
function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
}

/**
 * The file at `path`, overridden by `STARLING_NODE_…` variables. Paths in it are relative to its folder.
 *
 * @throws {ConfigError} any code
 */
export function readConfig(path: string, environment: Readonly<Record<string, string | undefined>>): NodeConfig {
  const file = { ...parseJson(path), ...overrides(environment) }
  const result = fileForm.safeParse(file)
  if (!result.success) {
    const wrong = result.error.issues.map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown ${issue.keys.join(', ')}`
        : `${issue.path.join('.')}: ${issue.message}`,
    )
    throw new ConfigError('invalid', wrong.join('; '))
  }
  const { data } = result
  const folder = dirname(resolve(path))
  return {
    ...data,
    network: resolve(folder, data.network),
    dataFolder: resolve(folder, data.dataFolder),
    ...(data.app && { app: { folder: resolve(folder, data.app.folder) } }),
    ...(data.directory && { directory: { ...data.directory, keyFile: resolve(folder, data.directory.keyFile) } }),
  }
}

function parseJson(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError('unreadable', 'the file cannot be read', { cause: error })
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (error) {
    throw new ConfigError('not_json', 'the file is not JSON', { cause: error })
  }
  throw new ConfigError('not_json', 'the file holds no JSON object')
}

function overrides(environment: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('STARLING_NODE_') || text === undefined) continue
    if (!Object.hasOwn(VARIABLES, name)) throw new ConfigError('invalid', `unknown variable ${name}`)
    const [key, convert] = VARIABLES[name as keyof typeof VARIABLES]
    values[key] = convert(text)
  }
  return values
}
