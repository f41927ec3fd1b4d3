/**
 * What members of a swarm send each other over peer links: requests of clients, forwarded, and items that the other one
 * lacks. @see docs/protocol/replication.md
 */
import type { UnixMillis } from '../brand.ts'
import { toHex } from '../bytes/hex.ts'
import {
  blob,
  bytes,
  type Codec,
  CodecError,
  codec,
  constant,
  type Decoded,
  list,
  safeU64,
  struct,
  text,
  u8,
  u16be,
  u32be,
} from '../codec/codec.ts'
import { type Owner, ownerBytes, parseOwner } from '../identity/account-id.ts'
import { LIMITS } from './limits.ts'
import { type Namespace, parseNamespace } from './namespace.ts'

const MAX_AUTHORISATION_BYTES = 512
/** Of an encoded `clientRequest` that is kept or transferred: 20,000 hashes with an expiry each, and their signature, fit. */
export const MAX_RECORD_BYTES = 1_572_864
export const MAX_TRANSFER_ITEMS = 512

/** A client's request, as members keep it: the method's name and `encodeForward` of its parameters. */
export const clientRequest = struct({
  method: text(u8, { max: 32 }),
  params: blob(u32be, { max: LIMITS.bodyBytes }),
})
export type ClientRequest = Decoded<typeof clientRequest>

/**
 * A client's request, as one member hands it to another. `at` is the time at which the member that the client asked took
 * it up, by its own clock: all members keep the same `storedAt` of a message, and the same change record. What follows it
 * is a `clientRequest`.
 */
export const forwardRequest = struct({
  version: constant(u8, 2),
  at: safeU64<UnixMillis>(),
  method: text(u8, { max: 32 }),
  params: blob(u32be, { max: LIMITS.bodyBytes }),
})
export type ForwardRequest = Decoded<typeof forwardRequest>

/** 33 bytes. */
export const ownerCodec: Codec<Owner> = codec(
  (owner, out) => out.push(ownerBytes(owner)),
  (reader) => parseOwner(toHex(bytes(33).read(reader))),
)

/** Two bytes, two's complement. */
const namespaceCodec = codec<Namespace>(
  (namespace, out) => u16be.write(namespace & 0xffff, out),
  (reader) => {
    const value = u16be.read(reader)
    return parseNamespace(value < 0x8000 ? value : value - 0x10000)
  },
)

const messageItem = struct({
  owner: ownerCodec,
  namespace: namespaceCodec,
  timestamp: safeU64<UnixMillis>(),
  expiry: safeU64<UnixMillis>(),
  storedAt: safeU64<UnixMillis>(),
  /** What allowed the store in a private namespace; empty in a public one. */
  authorisation: blob(u16be, { max: MAX_AUTHORISATION_BYTES }),
  data: blob(u32be, { max: LIMITS.messageBytes }),
})
const recordItem = struct({
  at: safeU64<UnixMillis>(),
  /** An encoded `clientRequest`. */
  request: blob(u32be, { max: MAX_RECORD_BYTES }),
})

/** A stored message, whose hash the receiver derives itself, or a change record, whose ID and effect it derives itself. */
export type TransferItem =
  | ({ readonly kind: 'message' } & Decoded<typeof messageItem>)
  | ({ readonly kind: 'record' } & Decoded<typeof recordItem>)

export const transferItem: Codec<TransferItem> = codec(
  (item, out) => {
    u8.write(item.kind === 'message' ? 0 : 1, out)
    if (item.kind === 'message') messageItem.write(item, out)
    else recordItem.write(item, out)
  },
  (reader) => {
    const kind = u8.read(reader)
    if (kind > 1) throw new CodecError('not_canonical', `item of kind ${kind}`)
    return kind === 0
      ? { kind: 'message', ...messageItem.read(reader) }
      : { kind: 'record', ...recordItem.read(reader) }
  },
)

export const transferRequest = struct({
  version: constant(u8, 2),
  items: list(u16be, transferItem, { max: MAX_TRANSFER_ITEMS }),
})

/** For each item: `stored` (now or before, or deleted by a record there), `refused` (for good), or `later`. */
export const TRANSFER_OUTCOMES = { stored: 0, refused: 1, later: 2 } as const
export const transferReply = list(u16be, u8, { max: MAX_TRANSFER_ITEMS })
