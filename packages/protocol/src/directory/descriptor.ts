/** What a node says of itself, signed. @see docs/protocol/directory.md §2 */
import { type Brand, days, minutes, type UnixMillis } from '../brand.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import {
  bytes,
  type Codec,
  CodecError,
  codec,
  constant,
  type Decoded,
  safeU64,
  struct,
  text,
  u8,
  u16be,
  u32be,
} from '../codec/codec.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Ed25519SecretKey, Signature, X25519PublicKey } from '../crypto/keys.ts'
import { labels } from '../crypto/labels.ts'
import { AuthenticationError, MalformedInputError } from '../errors.ts'
import { type NodeId, nodeIdBytes, nodeIdOf } from '../swarm/node-id.ts'
import { isBaseUrl, MAX_URL_SIZE } from './web-url.ts'

/** An IPv4 address as four decimal numbers with dots. */
export type Ipv4Address = Brand<string, 'Ipv4Address'>

export const MAX_OPERATOR_SIZE = 32
export const MAX_SOFTWARE_VERSION_SIZE = 16
/** A descriptor that is older counts as forgotten: a node signs a new one at least daily. */
export const DESCRIPTOR_MAX_AGE = days(2)
/** How far a descriptor may be ahead of our clock. */
export const DESCRIPTOR_MAX_SKEW = minutes(10)
/** Bit of `capabilities`: the node leaves, and is not to be in the next document. */
export const LEAVING = 1

const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/

/**
 * Parses an IPv4 address: four decimal numbers up to 255, without leading zeros.
 *
 * @throws {MalformedInputError} `descriptor`
 */
export function parseIpv4Address(address: string): Ipv4Address {
  if (!IPV4.test(address)) throw new MalformedInputError('descriptor', 'address')
  return address as Ipv4Address
}

const nodeIdCodec: Codec<NodeId> = codec(
  (value, out) => out.push(nodeIdBytes(value)),
  (reader) => nodeIdOf(bytes<ReturnType<typeof nodeIdBytes>>(32).read(reader)),
)

const ipv4Codec: Codec<Ipv4Address> = codec(
  (value, out) => out.push(Uint8Array.from(value.split('.'), Number)),
  (reader) => reader.take(4).join('.') as Ipv4Address,
)

const port: Codec<number> = checked(u16be, 'port', (value) => value > 0)
const printable = /^[\x20-\x7e]*$/
const label = (max: number) => checked(text(u8, { max }), 'label', (value) => printable.test(value))
const webUrl = checked(text(u8, { max: MAX_URL_SIZE }), 'web URL', (value) => value === '' || isBaseUrl(value))

/** 117 bytes, and three texts with a byte of length each. */
export const descriptorCodec = struct({
  version: constant(u8, 1),
  nodeId: nodeIdCodec,
  /** Opens onion layers. */
  encryptionKey: bytes<X25519PublicKey>(32),
  address: ipv4Codec,
  httpsPort: port,
  peerPort: port,
  /** SHA-256 of the TLS certificate in DER, 32 bytes. */
  certificateHash: bytes(32),
  /** Base URL that a browser can use, up to 200 bytes; empty, if there is none. */
  webUrl,
  /** Who runs the node, up to 32 printable ASCII characters; empty, if it does not say. */
  operator: label(MAX_OPERATOR_SIZE),
  /** Up to 16 printable ASCII characters. */
  softwareVersion: label(MAX_SOFTWARE_VERSION_SIZE),
  /** Bits: `LEAVING`, and abilities beyond the base; unknown ones are ignored. */
  capabilities: u32be,
  timestamp: safeU64<UnixMillis>(),
})
export type Descriptor = Decoded<typeof descriptorCodec>

/** A descriptor, then the signature of 64 bytes under it. */
export type SignedDescriptor = Brand<Uint8Array, 'SignedDescriptor'>

const signedCodec = struct({ descriptor: descriptorCodec, signature: bytes<Signature>(64) })

/**
 * Signs a descriptor with the key that it names.
 *
 * @throws {CodecError} `out_of_bounds`, if a field has no encoding.
 */
export function signDescriptor(
  crypto: Crypto,
  { descriptor, secretKey }: { descriptor: Descriptor; secretKey: Ed25519SecretKey },
): SignedDescriptor {
  const signature = crypto.ed25519Sign(secretKey, signedBytes(descriptor))
  return signedCodec.encode({ descriptor, signature }) as SignedDescriptor
}

/**
 * The descriptor in `signed`, verified with the key that it names.
 *
 * @throws {MalformedInputError} `descriptor`
 * @throws {AuthenticationError} `bad_signature`
 */
export function openDescriptor(crypto: Crypto, signed: Uint8Array): Descriptor {
  const { descriptor, signature } = decodeSigned(signed)
  if (!crypto.ed25519Verify(nodeIdBytes(descriptor.nodeId), signedBytes(descriptor), signature)) {
    throw new AuthenticationError('bad_signature')
  }
  return descriptor
}

/** Whether `next` replaces `current`: of the same node, and later. */
export function isNewerDescriptor(next: Descriptor, current: Descriptor): boolean {
  return next.nodeId === current.nodeId && next.timestamp > current.timestamp
}

/** Whether a descriptor's time allows to accept it: at most ten minutes ahead, at most two days old. */
export function descriptorTimeliness(
  descriptor: Descriptor,
  now: UnixMillis,
): 'timely' | 'from_the_future' | 'too_old' {
  if (descriptor.timestamp > now + DESCRIPTOR_MAX_SKEW) return 'from_the_future'
  if (descriptor.timestamp < now - DESCRIPTOR_MAX_AGE) return 'too_old'
  return 'timely'
}

/** Whether the node says that it leaves. */
export function isLeaving({ capabilities }: Pick<Descriptor, 'capabilities'>): boolean {
  return (capabilities & LEAVING) !== 0
}

/** What keeps nodes of one /24 apart; empty on loopback, where all nodes of a local network share one. */
export function subnetOf(address: Ipv4Address): string {
  return address.startsWith('127.') ? '' : address.slice(0, address.lastIndexOf('.'))
}

function signedBytes(descriptor: Descriptor): Uint8Array {
  return concatBytes(utf8(labels.descriptor), descriptorCodec.encode(descriptor))
}

function decodeSigned(signed: Uint8Array): Decoded<typeof signedCodec> {
  try {
    return signedCodec.decode(signed)
  } catch (error) {
    if (error instanceof CodecError) throw new MalformedInputError('descriptor', error.code, { cause: error })
    throw error
  }
}

function checked<T>(inner: Codec<T>, name: string, isValid: (value: T) => boolean): Codec<T> {
  const check = (value: T): T => {
    if (!isValid(value)) throw new CodecError('out_of_bounds', name)
    return value
  }
  return codec(
    (value, out) => inner.write(check(value), out),
    (reader) => check(inner.read(reader)),
  )
}
