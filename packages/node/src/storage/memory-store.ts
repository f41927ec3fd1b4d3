/** The storage of a simulated node, on a `MemoryDisk`. It keeps the bytes it is given, without copying them. */
import type { MessageHash, Owner, UnixMillis } from '@starling/protocol'
import type { DiskSession, MemoryDisk, MemoryHint, MemoryTables } from './memory-disk.ts'
import {
  type ExpireMode,
  HINT_BUDGET,
  type Hint,
  type NewHint,
  type NodeStore,
  type PutOutcome,
  type RetrieveQuery,
  retrieveCost,
  type StoredMessage,
} from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'
import { sortedExpiries, sortedTexts } from './sorted.ts'

/** @throws {NodeStoreError} `io`, while another store has the disk. */
export async function openMemoryStore(disk: MemoryDisk): Promise<NodeStore> {
  const session = disk.attach()
  return { ...messageCalls(disk, session), ...hintCalls(disk, session), ...nodeCalls(disk, session) }
}

type MessageCalls = Pick<
  NodeStore,
  'put' | 'retrieve' | 'delete' | 'expire' | 'expiries' | 'deleteExpired' | 'owners' | 'hashesOf'
>
type HintCalls = Pick<
  NodeStore,
  'addHints' | 'dueHints' | 'hintedMembers' | 'settleHints' | 'postponeHints' | 'dropHintsOf'
>
type NodeCalls = Pick<NodeStore, 'getValue' | 'setValue' | 'stats' | typeof Symbol.asyncDispose>

function messageCalls(disk: MemoryDisk, session: DiskSession): MessageCalls {
  const read = reads(disk, session)
  const write = writes(disk, session)
  return {
    put: (message) => write(() => put(disk, message)),
    retrieve: (query) => read((tables) => retrieve(tables, query)),
    delete: (owner, hashes) =>
      write(({ tables }) => sortedTexts(hashes.filter((hash) => deleteMessage(tables, owner, hash)))),
    expire: (change) => write(({ tables }) => expire(tables, change)),
    expiries: (owner, hashes) =>
      read((tables) => {
        const found = hashes
          .map((hash) => tables.messages.get(owner)?.get(hash))
          .filter((message) => message !== undefined)
        return new Map(found.map(({ hash, expiry }) => [hash, expiry]))
      }),
    deleteExpired: (now, limit) => write(({ tables }) => deleteExpired(tables, now, limit)),
    owners: ({ after, limit }) =>
      read(({ messages }) => {
        return sortedTexts(messages.keys())
          .filter((owner) => after === undefined || owner > after)
          .slice(0, limit)
      }),
    hashesOf: (owner) =>
      read(({ messages }) => [...(messages.get(owner)?.values() ?? [])].map(({ hash, expiry }) => ({ hash, expiry }))),
  }
}

function hintCalls(disk: MemoryDisk, session: DiskSession): HintCalls {
  const read = reads(disk, session)
  const write = writes(disk, session)
  return {
    addHints: (hints) => write(() => addHints(disk, hints)),
    dueHints: (options) => read((tables) => dueHints(tables, options)),
    hintedMembers: (now) =>
      read(({ hints }) => {
        const members = [...hints.values()].filter((hint) => hint.expiry > now).map(({ member }) => member)
        return sortedTexts(new Set(members))
      }),
    settleHints: (ids) =>
      write(({ tables }) => {
        for (const id of ids) removeHint(tables, id)
      }),
    postponeHints: (ids, until) =>
      write(({ tables: { hints } }) => {
        for (const id of ids) {
          const hint = hints.get(id)
          if (hint) hints.set(id, { ...hint, due: until, attempts: hint.attempts + 1 })
        }
      }),
    dropHintsOf: (member) => write(({ tables }) => removeHints(tables, (hint) => hint.member === member)),
  }
}

function nodeCalls(disk: MemoryDisk, session: DiskSession): NodeCalls {
  const read = reads(disk, session)
  const write = writes(disk, session)
  let closing: Promise<void> | undefined
  return {
    getValue: (key) => read(({ values }) => values.get(key)),
    setValue: (key, value) =>
      write(({ tables: { values } }) => {
        if (!values.has(key)) disk.assertRoom()
        values.set(key, value)
      }),
    stats: () =>
      read(({ messages, hints }) => {
        const all = [...messages.values()].flatMap((held) => [...held.values()])
        const sizeBytes = all.reduce((sum, { data, authorisation }) => sum + data.length + authorisation.length, 0)
        return { messages: all.length, hints: hints.size, sizeBytes }
      }),
    [Symbol.asyncDispose]: () => {
      closing ??= disk.detach(session)
      return closing
    },
  }
}
function reads(disk: MemoryDisk, session: DiskSession) {
  return async <T>(query: (tables: MemoryTables) => T): Promise<T> => {
    if (session.closing) throw new NodeStoreError('closed')
    return query(disk.tables)
  }
}

function writes(disk: MemoryDisk, session: DiskSession) {
  return async <T>(apply: (disk: MemoryDisk) => T): Promise<T> => {
    if (session.closing) throw new NodeStoreError('closed')
    return disk.write(session, apply)
  }
}

function put(disk: MemoryDisk, message: StoredMessage): PutOutcome {
  const { messages } = disk.tables
  const held = messages.get(message.owner) ?? new Map<MessageHash, StoredMessage>()
  const existing = held.get(message.hash)
  if (existing) {
    if (message.expiry > existing.expiry) held.set(message.hash, { ...existing, expiry: message.expiry })
    return { kind: 'existed', expiry: held.get(message.hash)!.expiry }
  }
  disk.assertRoom()
  messages.set(message.owner, held.set(message.hash, message))
  return { kind: 'stored' }
}

function retrieve(tables: MemoryTables, query: RetrieveQuery): { messages: StoredMessage[]; more: boolean } {
  const all = [...(tables.messages.get(query.owner)?.values() ?? [])].filter(
    ({ namespace }) => namespace === query.namespace,
  )
  const start = all.findIndex(({ hash }) => hash === query.after) + 1
  const messages: StoredMessage[] = []
  let size = 0
  for (const message of all.slice(start).filter(({ expiry }) => expiry > query.now)) {
    size += retrieveCost(message.data.length)
    if (messages.length > 0 && (size > query.sizeBudget || messages.length >= query.countLimit)) {
      return { messages, more: true }
    }
    messages.push(message)
  }
  return { messages, more: false }
}

function expire(
  tables: MemoryTables,
  change: Parameters<NodeStore['expire']>[0],
): Awaited<ReturnType<NodeStore['expire']>> {
  const held = tables.messages.get(change.owner)
  const updated = new Map<MessageHash, UnixMillis>()
  const unchanged = new Map<MessageHash, UnixMillis>()
  for (const [index, hash] of change.hashes.entries()) {
    const message = held?.get(hash)
    if (!held || !message) continue
    const expiry = change.expiries.length === 1 ? change.expiries[0]! : change.expiries[index]!
    if (isKept(change.mode, message.expiry, expiry)) {
      if (!updated.has(hash)) unchanged.set(hash, message.expiry)
      continue
    }
    held.set(hash, { ...message, expiry })
    unchanged.delete(hash)
    updated.set(hash, expiry)
  }
  return { updated: sortedExpiries(updated), unchanged: sortedExpiries(unchanged) }
}

function isKept(mode: ExpireMode, held: UnixMillis, wanted: UnixMillis): boolean {
  return (mode === 'shorten' && wanted >= held) || (mode === 'extend' && wanted <= held)
}

function deleteMessage(tables: MemoryTables, owner: Owner, hash: MessageHash): boolean {
  const held = tables.messages.get(owner)
  if (!held?.delete(hash)) return false
  if (held.size === 0) tables.messages.delete(owner)
  removeHints(tables, ({ work }) => work.kind === 'message' && work.hash === hash)
  return true
}

function deleteExpired(tables: MemoryTables, now: UnixMillis, limit: number): number {
  const messages = [...tables.messages.values()].flatMap((held) => [...held.values()])
  const gone = messages.filter(({ expiry }) => expiry <= now).slice(0, limit)
  for (const { owner, hash } of gone) deleteMessage(tables, owner, hash)
  const hints = [...tables.hints.values()].filter(({ expiry }) => expiry <= now).slice(0, limit - gone.length)
  for (const { id } of hints) removeHint(tables, id)
  return gone.length + hints.length
}

function addHints(disk: MemoryDisk, hints: readonly NewHint[]): void {
  const { tables } = disk
  const fresh = new Map(hints.map((hint, index) => [hintKey(hint) ?? index, hint]))
  for (const [key, { work }] of fresh) {
    if (work.kind === 'message' && (tables.hintKeys.has(`${key}`) || !findMessage(tables, work.hash))) fresh.delete(key)
  }
  if (fresh.size > 0) disk.assertRoom()
  for (const hint of fresh.values()) {
    const id = tables.nextHintId++
    tables.hints.set(id, { ...hint, id, due: 0, attempts: 0 })
    const key = hintKey(hint)
    if (key !== undefined) tables.hintKeys.add(key)
  }
}

function dueHints(tables: MemoryTables, options: Parameters<NodeStore['dueHints']>[0]): Hint[] {
  const { member, now, limit } = options
  const due = [...tables.hints.values()].filter(
    (hint) => hint.member === member && hint.due <= now && hint.expiry > now,
  )
  const found: Hint[] = []
  let size = 0
  for (const hint of due.sort((a, b) => a.due - b.due || a.id - b.id)) {
    const work = workOf(tables, hint, now)
    if (!work) continue
    size += work.kind === 'message' ? work.message.data.length : work.request.length
    if (found.length >= limit || (found.length > 0 && size > HINT_BUDGET)) break
    found.push({ id: hint.id, member, attempts: hint.attempts, work })
  }
  return found
}

function workOf(tables: MemoryTables, { work }: MemoryHint, now: UnixMillis): Hint['work'] | undefined {
  if (work.kind === 'request') return work
  const message = findMessage(tables, work.hash)
  return message && message.expiry > now ? { kind: 'message', message } : undefined
}

function findMessage({ messages }: MemoryTables, hash: MessageHash): StoredMessage | undefined {
  for (const held of messages.values()) {
    const message = held.get(hash)
    if (message) return message
  }
  return undefined
}

function removeHints(tables: MemoryTables, condition: (hint: MemoryHint) => boolean): void {
  for (const hint of [...tables.hints.values()].filter(condition)) removeHint(tables, hint.id)
}

function removeHint({ hints, hintKeys }: MemoryTables, id: number): void {
  const hint = hints.get(id)
  if (!hint) return
  hints.delete(id)
  const key = hintKey(hint)
  if (key !== undefined) hintKeys.delete(key)
}

/** Message hints are unique by member and hash. */
function hintKey({ member, work }: NewHint): string | undefined {
  return work.kind === 'message' ? member + work.hash : undefined
}
