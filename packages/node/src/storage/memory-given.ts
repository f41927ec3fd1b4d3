/** The expiry that stores gave, and the one that holds, in the tables of a `MemoryDisk`. */
import type { MessageHash, Owner, UnixMillis } from '@starling/protocol'
import { type ExpiryStep, expiryAfter, isWithin } from './expiry-change.ts'
import type { MemoryTables } from './memory-disk.ts'
import type { StoredMessage } from './node-store.ts'

/** The latest expiry that a store of the message gave. */
export function givenExpiry({ given }: MemoryTables, message: StoredMessage): UnixMillis {
  return given.get(nameOf(message)) ?? message.expiry
}

export function forgetGiven({ given }: MemoryTables, message: StoredMessage): void {
  given.delete(nameOf(message))
}

/** As other members are told of it: an expiry that was shortened comes with its record, and one that was lengthened may not. */
export function toldMessage(tables: MemoryTables, message: StoredMessage): StoredMessage {
  return { ...message, expiry: Math.max(message.expiry, givenExpiry(tables, message)) as UnixMillis }
}

/** The message with the expiry that holds, which it keeps with the one that was given. */
export function withExpiry(tables: MemoryTables, message: StoredMessage, given: UnixMillis): StoredMessage {
  const expiry = expiryAfter({ expiry: given, storedAt: message.storedAt }, stepsFor(tables, message))
  if (expiry === given) tables.given.delete(nameOf(message))
  else tables.given.set(nameOf(message), given)
  return { ...message, expiry }
}

function stepsFor(tables: MemoryTables, { owner, hash, namespace }: StoredMessage): ExpiryStep[] {
  const steps: ExpiryStep[] = []
  for (const { at, id, change } of tables.records.get(owner)?.values() ?? []) {
    if (change.kind === 'expire') {
      const expiry = tables.steps.get(id)?.get(hash)
      if (expiry !== undefined) steps.push({ at, id, mode: change.mode, expiry })
    } else if (change.kind === 'expireAll' && isWithin(namespace, change.namespace)) {
      steps.push({ at, id, mode: 'shorten', expiry: change.expiry })
    }
  }
  return steps
}

const nameOf = ({ owner, hash }: { readonly owner: Owner; readonly hash: MessageHash }): string => owner + hash
