/**
 * How far the inbox has come at each node and in each namespace: a hash, after which that node goes on. Each node has an
 * order of its own, so each has a cursor. A cursor whose message is gone is worth nothing: the node would begin anew. Nor is
 * one of a node that gave away what it had and fetched it again: what it had not before may stand before the cursor now.
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

export type Answer = {
  readonly namespace: Namespace
  readonly items: readonly RetrievedMessage[]
  /** When it was asked. */
  readonly generation: number
}

export class Cursors {
  readonly #store: SealedStore
  #generation = 0

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

  /** Another one each time that cursors were forgotten. */
  get generation(): number {
    return this.#generation
  }

  /** These nodes are asked for everything again; also if an answer to the last question is on its way. */
  async forget(nodes: readonly NodeId[], namespaces: readonly Namespace[]): Promise<void> {
    this.#generation++
    const names = nodes.flatMap((node) => namespaces.map((namespace) => nameOf(node, namespace)))
    await this.#store.write(names.map((name) => ({ kind: 'delete', name })))
  }

  /**
   * After the last of `items`, all of which are handled. Whether that is further than before; not if the question was one of
   * an earlier generation.
   */
  async advance(node: NodeId, { namespace, items, generation }: Answer): Promise<boolean> {
    const last = items.at(-1)
    if (last === undefined) return false
    const name = nameOf(node, namespace)
    const value = utf8(`${last.hash} ${Math.floor(last.expiry)}`)
    const before = await this.#store.get(name)
    if (generation !== this.#generation) return false
    if (before !== undefined && equalBytes(before.subarray(0, HASH_LENGTH), value.subarray(0, HASH_LENGTH)))
      return false
    await this.#store.write([{ kind: 'put', name, value }], { durability: 'relaxed' })
    return true
  }
}

function nameOf(node: NodeId, namespace: Namespace): RecordName {
  return { table: TABLES.cursors, partition: `${node} ${namespace}`, sort: new Uint8Array() }
}
