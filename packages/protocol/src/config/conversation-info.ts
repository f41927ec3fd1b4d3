/** Up to where conversations are read, in step on all devices: namespace 4 of the own swarm. docs/protocol/config.md §5.3. */
import { days, type UnixMillis, unixMillis } from '../brand.ts'
import { type AccountId, parseAccountId } from '../identity/account-id.ts'
import { type ConfigDict, isConfigDict, type MutableDict } from './data.ts'
import {
  bytesIn,
  dictFor,
  dictIn,
  flagIn,
  idOfKey,
  keyOfId,
  keyOfText,
  numberIn,
  setFlag,
  setNumber,
  textOfKey,
} from './fields.ts'
import { type GroupId, parseGroupId } from './group-id.ts'

/** Names a conversation of any kind. The notes to oneself stand under the own ID. */
export type ConversationRef =
  | { readonly kind: 'account'; readonly id: AccountId }
  | { readonly kind: 'group'; readonly id: GroupId }
  /** `id`: `05` and 64 hex digits. */
  | { readonly kind: 'legacyGroup'; readonly id: string }
  /** `id`: `15` or `25` and 64 hex digits. */
  | { readonly kind: 'blinded'; readonly id: string }
  | {
      readonly kind: 'community'
      readonly baseUrl: string
      /** In lower case. */
      readonly room: string
      readonly serverKey: Uint8Array
    }

export type ReadPosition = {
  /** Everything up to this time is read; 0: not known. */
  readonly readUntil: UnixMillis
  /** By hand. */
  readonly markedUnread: boolean
}

const NOTHING: ReadPosition = { readUntil: unixMillis(0), markedUnread: false }
/** Older positions are not written, and dropped with the next push. */
const KEPT_ON_WRITING = days(30)
const KEPT_ON_PUSHING = days(45)
const TABLES = { account: '1', group: 'g', legacyGroup: 'C', blinded: 'b' } as const
const COMMUNITIES = 'o'

/** A missing record says nothing. */
export function readPosition(data: ConfigDict, ref: ConversationRef): ReadPosition {
  const records = ref.kind === 'community' ? roomsOf(data, ref.baseUrl) : dictIn(data, TABLES[ref.kind])
  const record = records.get(ref.kind === 'community' ? ref.room : keyOfId(ref.id))
  return isConfigDict(record) ? positionOf(record) : NOTHING
}

/** All that are known, kind by kind. */
export function listReadPositions(
  data: ConfigDict,
): readonly { readonly conversation: ConversationRef; readonly position: ReadPosition }[] {
  const found = (records: ConfigDict, refOf: (key: string) => ConversationRef | undefined) =>
    [...records].flatMap(([key, record]) => {
      const conversation = refOf(key)
      if (conversation === undefined || !isConfigDict(record)) return []
      return [{ conversation, position: positionOf(record) }]
    })
  return [
    ...found(dictIn(data, '1'), (key) => refOfId(key, ['05'], (id) => ({ kind: 'account', id: parseAccountId(id) }))),
    ...found(dictIn(data, 'g'), (key) => refOfId(key, ['03'], (id) => ({ kind: 'group', id: parseGroupId(id) }))),
    ...found(dictIn(data, 'C'), (key) => refOfId(key, ['05'], (id) => ({ kind: 'legacyGroup', id }))),
    ...found(dictIn(data, 'b'), (key) => refOfId(key, ['15', '25'], (id) => ({ kind: 'blinded', id }))),
    ...[...dictIn(data, COMMUNITIES)].flatMap(([key, server]) => {
      const baseUrl = textOfKey(key)
      const serverKey = isConfigDict(server) ? bytesIn(server, '#', 32) : undefined
      if (baseUrl === undefined || serverKey === undefined) return []
      return found(dictIn(server as ConfigDict, 'R'), (room) => ({ kind: 'community', baseUrl, room, serverKey }))
    }),
  ]
}

/**
 * Sets up to where all is read. A time over 30 days ago is only written where it lowers the one that is there: whoever
 * tells the other devices what was read here calls this with later times only.
 */
export function setReadUntil(data: MutableDict, ref: ConversationRef, time: UnixMillis, now: UnixMillis): void {
  const before = readPosition(data, ref).readUntil
  if (time <= now - KEPT_ON_WRITING && time >= before) return
  setNumber(recordFor(data, ref), 'r', time)
}

export function setMarkedUnread(data: MutableDict, ref: ConversationRef, marked: boolean): void {
  if (marked !== readPosition(data, ref).markedUnread) setFlag(recordFor(data, ref), 'u', marked)
}

/** For a conversation that was deleted. */
export function eraseReadPosition(data: MutableDict, ref: ConversationRef): void {
  if (ref.kind !== 'community') dictFor(data, TABLES[ref.kind]).delete(keyOfId(ref.id))
  else {
    const servers = dictFor(data, COMMUNITIES)
    const rooms = roomsOf(data, ref.baseUrl) as MutableDict
    rooms.delete(ref.room)
    if (rooms.size === 0) servers.delete(keyOfText(ref.baseUrl))
  }
}

/** Before a push: positions over 45 days old go, unless marked unread or with something else that is still to come. */
export function dropOldPositions(data: MutableDict, now: UnixMillis): void {
  const oldest = now - KEPT_ON_PUSHING
  const dropFrom = (records: MutableDict) => {
    for (const [key, record] of records) if (isConfigDict(record) && isOld(record, oldest)) records.delete(key)
  }
  for (const table of Object.values(TABLES)) dropFrom(dictFor(data, table))
  const servers = dictFor(data, COMMUNITIES)
  for (const [key, server] of servers) {
    if (!isConfigDict(server)) continue
    const rooms = dictFor(server as MutableDict, 'R')
    dropFrom(rooms)
    if (rooms.size === 0) servers.delete(key)
  }
}

/**
 * After versions that were written side by side were merged, here or by another device: what was read here stays read,
 * whichever version won. It is an edit on top of the merge. docs/protocol/config.md §5.3.
 */
export function keepReadPositions(
  before: ConfigDict,
  merged: MutableDict,
  { isOvertaken, now }: { readonly isOvertaken: boolean; readonly now: UnixMillis },
): void {
  for (const { conversation, position } of listReadPositions(before)) {
    const after = readPosition(merged, conversation)
    // One that is missing was erased, or was never seen by who wrote the version.
    const isLost = after.readUntil > 0 || (isOvertaken && position.readUntil > now - KEPT_ON_WRITING)
    if (isLost && after.readUntil < position.readUntil)
      setNumber(recordFor(merged, conversation), 'r', position.readUntil)
  }
}

function isOld(record: ConfigDict, oldest: number): boolean {
  const read = numberIn(record, 'r')
  return read > 0 && read < oldest && !flagIn(record, 'u') && numberIn(record, 'e') <= oldest
}

function positionOf(record: ConfigDict): ReadPosition {
  return { readUntil: unixMillis(Math.max(0, numberIn(record, 'r'))), markedUnread: flagIn(record, 'u') }
}

function recordFor(data: MutableDict, ref: ConversationRef): MutableDict {
  if (ref.kind !== 'community') {
    const record = dictFor(dictFor(data, TABLES[ref.kind]), keyOfId(ref.id))
    if (ref.kind === 'blinded') setFlag(record, 'y', ref.id.startsWith('15'))
    return record
  }
  const server = dictFor(dictFor(data, COMMUNITIES), keyOfText(ref.baseUrl))
  server.set('#', ref.serverKey)
  return dictFor(dictFor(server, 'R'), keyOfText(ref.room))
}

function roomsOf(data: ConfigDict, baseUrl: string): ConfigDict {
  return dictIn(dictIn(dictIn(data, COMMUNITIES), keyOfText(baseUrl)), 'R')
}

function refOfId(
  key: string,
  prefixes: readonly string[],
  refOf: (id: string) => ConversationRef,
): ConversationRef | undefined {
  const id = idOfKey(key, prefixes)
  return id === undefined ? undefined : refOf(id)
}
