/**
 * What members of a swarm send each other over peer links: requests of clients, forwarded, and messages that the other one
 * has missed. @see docs/protocol/replication.md
 */
import type { UnixMillis } from '../brand.ts'
import { toHex } from '../bytes/hex.ts'
import {
  blob,
  bytes,
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
const MAX_TRANSFER_ITEMS = 256

/** A client's request, as one member hands it to another: the method's name and `encodeForward` of its parameters. */
export const forwardRequest = struct({
  version: constant(u8, 1),
  method: text(u8, { max: 32 }),
  params: blob(u32be, { max: LIMITS.bodyBytes }),
})
export type ForwardRequest = Decoded<typeof forwardRequest>

const ownerCodec = codec<Owner>(
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

/** A stored message on its way to a member that lacks it. The receiver derives the hash itself. */
export const transferItem = struct({
  owner: ownerCodec,
  namespace: namespaceCodec,
  timestamp: safeU64<UnixMillis>(),
  expiry: safeU64<UnixMillis>(),
  /** What allowed the store in a private namespace; empty in a public one. */
  authorisation: blob(u16be, { max: MAX_AUTHORISATION_BYTES }),
  data: blob(u32be, { max: LIMITS.messageBytes }),
})
export type TransferItem = Decoded<typeof transferItem>

export const transferRequest = struct({
  version: constant(u8, 1),
  items: list(u16be, transferItem, { max: MAX_TRANSFER_ITEMS }),
})

/** For each item: `stored` (now or before), `refused` (for good), or `later`. */
export const TRANSFER_OUTCOMES = { stored: 0, refused: 1, later: 2 } as const
export const transferReply = list(u16be, u8, { max: MAX_TRANSFER_ITEMS })
