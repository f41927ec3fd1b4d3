/** All that a client or node needs to join a network. @see docs/protocol/directory.md §1 */
import * as z from 'zod/mini'
import type { Brand, Millis } from '../brand.ts'
import { fromBase64, toBase64Unpadded } from '../bytes/base64.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import {
  bytes,
  type Codec,
  CodecError,
  codec,
  constant,
  list,
  safeU64,
  struct,
  text,
  u8,
  u16be,
} from '../codec/codec.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Ed25519PublicKey, X25519PublicKey } from '../crypto/keys.ts'
import { MalformedInputError } from '../errors.ts'
import { type ExitHost, isExitHostName, type PreviewServer } from '../onion/target.ts'
import { isBaseUrl, MAX_URL_SIZE } from './web-url.ts'

/** 32 bytes: BLAKE2b-256 of the network file's binary form. */
export type NetworkId = Brand<Uint8Array, 'NetworkId'>

export type NetworkParameters = {
  /** Members that a swarm aims at, 1…32. */
  readonly swarmSize: number
  /** Relays before every destination. */
  readonly hops: 3
  /** How often a directory document is formed: one second to seven days. */
  readonly epochLength: Millis
  /** How long a document is valid: one epoch to 30 days. */
  readonly documentLifetime: Millis
  /** How long a node may be unreachable before it leaves the directory: zero to 30 days. */
  readonly dropAfter: Millis
  /** Greatest TTL in a public namespace: ten seconds to 366 days. */
  readonly publicTtlLimit: Millis
  /** Greatest TTL in any other namespace: ten seconds to 366 days. */
  readonly privateTtlLimit: Millis
}

export type NetworkFile = {
  readonly version: 1
  /** For people: 1…64 letters, digits, spaces, dots and dashes. */
  readonly name: string
  /** 1…32 different keys. A signature names its key by the index in this list. */
  readonly directoryKeys: readonly Ed25519PublicKey[]
  /** How many of the keys must sign a document: 1 … number of keys. */
  readonly threshold: number
  /** 1…32 different base URLs, `http` or `https`, that give the first document. */
  readonly bootstrap: readonly string[]
  readonly parameters: NetworkParameters
  /** 1…16 different servers outside the network that every node relays to as last hop; absent: none. */
  readonly exits?: readonly ExitHost[]
  /** 1…8 of the exits, each with its key, that fetch pages for link previews; absent: there are no previews. */
  readonly previews?: readonly PreviewServer[]
}

export const MAX_DIRECTORY_KEYS = 32
const MAX_BOOTSTRAP = 32
const MAX_EXITS = 16
const MAX_PREVIEW_SERVERS = 8
const EXIT_PROTOCOLS = ['https', 'http'] as const
/** In one error: a file can be wrong in thousands of places. */
const MOST_FIELDS_NAMED = 8
const LINK_PREFIX = 'starling-network:'
const SECOND = 1000
const DAY = 86_400_000

const whole = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most))
const duration = (least: number, most: number) =>
  z.pipe(
    whole(least, most),
    z.transform((value) => value as Millis),
  )
const isUnique = (values: readonly string[]) => new Set(values).size === values.length
const exitShape = {
  host: z.string().check(z.refine(isExitHostName)),
  port: whole(1, 65_535),
  protocol: z.enum(EXIT_PROTOCOLS),
}
const hexKey = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const exitName = ({ host, port, protocol }: ExitHost) => JSON.stringify([host, port, protocol])

const jsonForm = z
  .strictObject({
    version: z.literal(1),
    name: z.string().check(z.regex(/^[\p{L}\p{N}](?:[\p{L}\p{N} .-]*[\p{L}\p{N}])?$/u), z.maxLength(64)),
    directoryKeys: z.array(hexKey).check(z.minLength(1), z.maxLength(MAX_DIRECTORY_KEYS), z.refine(isUnique)),
    threshold: whole(1, MAX_DIRECTORY_KEYS),
    bootstrap: z
      .array(z.string().check(z.refine(isBaseUrl)))
      .check(z.minLength(1), z.maxLength(MAX_BOOTSTRAP), z.refine(isUnique)),
    parameters: z.strictObject({
      swarmSize: whole(1, 32),
      hops: z.literal(3),
      epochLength: duration(SECOND, 7 * DAY),
      documentLifetime: duration(SECOND, 30 * DAY),
      dropAfter: duration(0, 30 * DAY),
      publicTtlLimit: duration(10 * SECOND, 366 * DAY),
      privateTtlLimit: duration(10 * SECOND, 366 * DAY),
    }),
    exits: z.optional(
      z.array(z.strictObject(exitShape)).check(
        z.minLength(1),
        z.maxLength(MAX_EXITS),
        z.refine((exits) => isUnique(exits.map(exitName))),
      ),
    ),
    previews: z.optional(
      z.array(z.strictObject({ ...exitShape, key: hexKey })).check(
        z.minLength(1),
        z.maxLength(MAX_PREVIEW_SERVERS),
        z.refine((servers) => isUnique(servers.map(exitName))),
      ),
    ),
  })
  .check(
    z.refine((file) => file.threshold <= file.directoryKeys.length),
    z.refine((file) => file.parameters.documentLifetime >= file.parameters.epochLength),
    // No node would relay to another one.
    z.refine(({ exits = [], previews = [] }) => {
      const names = exits.map(exitName)
      return previews.every((server) => names.includes(exitName(server)))
    }),
  )

/** 32 bytes of key a place: the order matters, for signatures name keys by it. */
const fixedForm = struct({
  version: constant(u8, 1),
  name: text(u8, { max: 255 }),
  directoryKeys: list(u8, bytes<Ed25519PublicKey>(32), { max: MAX_DIRECTORY_KEYS }),
  threshold: u8,
  bootstrap: list(u8, text(u8, { max: MAX_URL_SIZE }), { max: MAX_BOOTSTRAP }),
  parameters: struct({
    swarmSize: u8,
    hops: constant(u8, 3),
    epochLength: safeU64<Millis>(),
    documentLifetime: safeU64<Millis>(),
    dropAfter: safeU64<Millis>(),
    publicTtlLimit: safeU64<Millis>(),
    privateTtlLimit: safeU64<Millis>(),
  }),
})

const exitProtocol: Codec<ExitHost['protocol']> = codec(
  (value, out) => u8.write(EXIT_PROTOCOLS.indexOf(value), out),
  (reader) => {
    const protocol = EXIT_PROTOCOLS[u8.read(reader)]
    if (protocol === undefined) throw new CodecError('out_of_bounds', 'protocol')
    return protocol
  },
)
const exitFields = { host: text(u8, { max: 253 }), port: u16be, protocol: exitProtocol }
const exitList = list(u8, struct(exitFields), { max: MAX_EXITS })
const previewList = list(u8, struct({ ...exitFields, key: bytes<X25519PublicKey>(32) }), { max: MAX_PREVIEW_SERVERS })

/** A file without exits ends before them, one without previews before these: what was there keeps its network ID. */
const binaryForm: Codec<NetworkFile> = codec(
  (file, out) => {
    fixedForm.write(file, out)
    if (file.exits !== undefined) exitList.write(file.exits, out)
    if (file.previews !== undefined) previewList.write(file.previews, out)
  },
  (reader) => {
    const file = fixedForm.read(reader)
    if (reader.left === 0) return file
    const exits = exitList.read(reader)
    return reader.left === 0 ? { ...file, exits } : { ...file, exits, previews: previewList.read(reader) }
  },
)

/**
 * Parses the text of `network.json`. Unknown keys and values out of bounds are refused.
 *
 * @throws {MalformedInputError} `network_file`
 */
export function parseNetworkFile(json: string): NetworkFile {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new MalformedInputError('network_file', 'not JSON', { cause: error })
  }
  return checkNetworkFile(value)
}

/** The text of `network.json`, with a line feed at its end. */
export function formatNetworkFile(file: NetworkFile): string {
  return `${JSON.stringify(jsonValue(file), undefined, 2)}\n`
}

/** The canonical binary form. */
export function encodeNetworkFile(file: NetworkFile): Uint8Array {
  return binaryForm.encode(file)
}

/**
 * The network file of its binary form.
 *
 * @throws {MalformedInputError} `network_file`, also if a value is out of bounds.
 */
export function decodeNetworkFile(encoded: Uint8Array): NetworkFile {
  try {
    return checkNetworkFile(jsonValue(binaryForm.decode(encoded)))
  } catch (error) {
    if (error instanceof CodecError) throw new MalformedInputError('network_file', error.code, { cause: error })
    throw error
  }
}

/** What names the network in its documents: two files that differ in anything are two networks. */
export function networkId(crypto: Crypto, file: NetworkFile): NetworkId {
  return crypto.blake2b(32, encodeNetworkFile(file)) as NetworkId
}

/** The file as a link: `starling-network:` and base64url of the binary form, without padding. */
export function formatNetworkLink(file: NetworkFile): string {
  return LINK_PREFIX + toBase64Unpadded(encodeNetworkFile(file)).replaceAll('+', '-').replaceAll('/', '_')
}

/**
 * Parses what `formatNetworkLink` writes.
 *
 * @throws {MalformedInputError} `network_file`
 */
export function parseNetworkLink(link: string): NetworkFile {
  const match = /^starling-network:([A-Za-z0-9_-]{1,20000})$/.exec(link)
  if (match === null) throw new MalformedInputError('network_file', 'not a network link')
  const file = decodeNetworkFile(bytesOf(match[1]!))
  if (formatNetworkLink(file) !== link) throw new MalformedInputError('network_file', 'not canonical')
  return file
}

function bytesOf(base64url: string): Uint8Array {
  try {
    return fromBase64(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  } catch (error) {
    throw new MalformedInputError('network_file', 'base64url', { cause: error })
  }
}

function jsonValue(file: NetworkFile): z.input<typeof jsonForm> {
  const { directoryKeys, bootstrap, exits, previews, ...rest } = file
  return {
    ...rest,
    directoryKeys: directoryKeys.map(toHex),
    bootstrap: [...bootstrap],
    ...(exits !== undefined && { exits: [...exits] }),
    ...(previews !== undefined && { previews: previews.map(({ key, ...exit }) => ({ ...exit, key: toHex(key) })) }),
  }
}

function checkNetworkFile(value: unknown): NetworkFile {
  const result = jsonForm.safeParse(value)
  if (!result.success) {
    const fields = result.error.issues.map((issue) => issue.path.join('.') || issue.code)
    throw new MalformedInputError('network_file', fields.slice(0, MOST_FIELDS_NAMED).join(', '))
  }
  const { exits, previews, ...data } = result.data
  const directoryKeys = data.directoryKeys.map((key) => fromHex(key) as Ed25519PublicKey)
  return {
    ...data,
    directoryKeys,
    ...(exits !== undefined && { exits }),
    ...(previews !== undefined && { previews: previews.map(previewServer) }),
  }
}

function previewServer({ key, ...exit }: ExitHost & { readonly key: string }): PreviewServer {
  return { ...exit, key: fromHex(key) as X25519PublicKey }
}
