/**
 * How far the inbox has come at each node and in each namespace: a hash, after which that node goes on. Each node has an
 * order of its own, so each has a cursor. A cursor whose message is gone is worth nothing: the node would begin anew.
 */
import {
  equalBytes,
  fromUtf8,
  isMessageHash,
  type MessageHash,
  type Namespace,
  type NodeId,
  type RetrievedMessage,
  type UnixMillis,
  utf8,
} from '@starling/protocol'
import type { RecordName, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'

const HASH_LENGTH = 43

export class Cursors {
  readonly #store: SealedStore

  constructor(store: SealedStore) {
    this.#store = store
  }

  /** `undefined`: from the beginning. Forgets a cursor whose message has expired by `now`. */
  async get(node: NodeId, namespace: Namespace, now: UnixMillis): Promise<MessageHash | undefined> {
    const name = nameOf(node, namespace)
    const bytes = await this.#store.get(name)
    if (bytes === undefined) return undefined
    const text = fromUtf8(bytes)
    const hash = text.slice(0, HASH_LENGTH)
    // Records of earlier versions are the hash alone.
    const expiry = text.length > HASH_LENGTH ? Number(text.slice(HASH_LENGTH + 1)) : Number.POSITIVE_INFINITY
    if (isMessageHash(hash) && expiry > now) return hash
    await this.#store.write([{ kind: 'delete', name }])
    return undefined
  }

  /** After the last of `items`, all of which are handled. Whether that is further than before. */
  async advance(node: NodeId, namespace: Namespace, items: readonly RetrievedMessage[]): Promise<boolean> {
    const last = items.at(-1)
    if (last === undefined) return false
    const name = nameOf(node, namespace)
    const value = utf8(`${last.hash} ${Math.floor(last.expiry)}`)
    const before = await this.#store.get(name)
    if (before !== undefined && equalBytes(before.subarray(0, HASH_LENGTH), value.subarray(0, HASH_LENGTH)))
      return false
    await this.#store.write([{ kind: 'put', name, value }], { durability: 'relaxed' })
    return true
  }
}

function nameOf(node: NodeId, namespace: Namespace): RecordName {
  return { table: TABLES.cursors, partition: `${node} ${namespace}`, sort: new Uint8Array() }
}
