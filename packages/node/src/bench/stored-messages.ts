/** Messages as a node keeps them, made by the million: below the protocol, so that filling a disk does not take hours. */
import { randomBytes, randomFillSync } from 'node:crypto'
import { NAMESPACES, type Owner, parseMessageHash, parseOwner, type UnixMillis, unixMillis } from '@starling/protocol'
import type { StoredMessage } from '../storage/node-store.ts'
import { MESSAGE_BYTES } from './requests.ts'

/** Who owns the messages below. */
export const BENCH_OWNERS: readonly Owner[] = Array.from({ length: 500 }, () =>
  parseOwner(`05${randomBytes(32).toString('hex')}`),
)
const DAY_MS = 86_400_000

/** A message of 2,048 random bytes under a random hash. */
export function randomMessage(
  number: number,
  options: { readonly owner?: Owner; readonly expiry?: UnixMillis } = {},
): StoredMessage {
  const now = unixMillis(Date.now())
  return {
    hash: parseMessageHash(`${randomBytes(33).toString('base64').slice(0, 42)}A`),
    owner: options.owner ?? BENCH_OWNERS[number % BENCH_OWNERS.length]!,
    namespace: NAMESPACES.messages,
    timestamp: now,
    storedAt: now,
    expiry: options.expiry ?? unixMillis(now + 14 * DAY_MS + number),
    data: randomFillSync(new Uint8Array(MESSAGE_BYTES)),
    authorisation: new Uint8Array(),
  }
}
