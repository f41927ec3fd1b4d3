/**
 * What a member tells others of what it holds: digests, lists and items to the members of its own swarm, and to anybody
 * with something to hand over what is missing here. Nothing is kept between requests.
 */
import {
  CodecError,
  type DirectoryView,
  digestsReply,
  digestsRequest,
  equalBytes,
  FrameKind,
  fetchReply,
  fetchRequest,
  listReply,
  listRequest,
  MAX_LISTED_ITEMS,
  MalformedInputError,
  type NodeId,
  OFFER_ANSWERS,
  type Owner,
  offerReply,
  offerRequest,
  ownerBytes,
  type SwarmId,
  toHex,
  utf8,
} from '@starling/protocol'
import type { LinkReply, Observable } from '@starling/runtime'
import { missingIn, readSome } from './items.ts'
import type { NodeStore } from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'
import { isWhollyOf, touches } from './swarm-arc.ts'

export type RepairAnswersOptions = {
  readonly nodeId: NodeId
  readonly store: NodeStore
  readonly view: Observable<DirectoryView | undefined>
}

export class RepairAnswers {
  readonly #options: RepairAnswersOptions

  constructor(options: RepairAnswersOptions) {
    this.#options = options
  }

  /** `digests`, `list`, `fetch`: 403 unless `from` is in our swarm. `offer`. 400 for garbage, 503 when the disk fails. */
  async answer(from: NodeId, kind: number, payload: Uint8Array): Promise<LinkReply> {
    try {
      if (kind === FrameKind.offer) return { status: 200, body: await this.#offer(payload) }
      const swarm = this.#commonSwarm(from)
      if (swarm === undefined) return { status: 403, body: utf8('not a member') }
      return { status: 200, body: await this.#tell(swarm, kind, payload) }
    } catch (error) {
      if (error instanceof CodecError || error instanceof MalformedInputError)
        return { status: 400, body: utf8(error.code) }
      if (error instanceof NodeStoreError) return { status: 503, body: utf8('storage failure') }
      throw error
    }
  }

  #tell(swarm: CommonSwarm, kind: number, payload: Uint8Array): Promise<Uint8Array> {
    switch (kind) {
      case FrameKind.digests:
        return this.#digests(swarm, payload)
      case FrameKind.list:
        return this.#list(swarm, payload)
      default:
        return this.#fetch(swarm, payload)
    }
  }

  #commonSwarm(from: NodeId): CommonSwarm | undefined {
    const { view, nodeId } = this.#options
    const directory = view.snapshot
    const id = directory?.nodes.get(nodeId)?.swarmId
    return directory && id !== undefined && directory.nodes.get(from)?.swarmId === id ? { directory, id } : undefined
  }

  async #digests({ directory, id }: CommonSwarm, payload: Uint8Array): Promise<Uint8Array> {
    const theirs = new Map(digestsRequest.decode(payload).buckets.map((bucket) => [bucket.bucket, bucket]))
    const ours = await this.#options.store.digests()
    const differing = [...ours].filter(([bucket, { count, digest }]) => {
      const their = theirs.get(bucket)
      const isSame = their?.count === count && equalBytes(their.digest, digest)
      return !isSame && touches(directory, id, bucket)
    })
    return digestsReply.encode(
      differing.map(([bucket, { count }]) => ({ bucket, count })).toSorted((a, b) => a.bucket - b.bucket),
    )
  }

  async #list({ directory, id }: CommonSwarm, payload: Uint8Array): Promise<Uint8Array> {
    const { bucket, after } = listRequest.decode(payload)
    const items = await this.#options.store.itemsIn(bucket, { ...(after && { after }), limit: MAX_LISTED_ITEMS })
    const isAllOurs = isWhollyOf(directory, id, bucket)
    const shared = items.filter(({ owner }) => isAllOurs || isOf(directory, id, owner))
    const next = items.length === MAX_LISTED_ITEMS ? items.at(-1)?.id : undefined
    return listReply.encode({ ids: shared.map((item) => item.id), next })
  }

  async #fetch({ directory, id }: CommonSwarm, payload: Uint8Array): Promise<Uint8Array> {
    const { bucket, ids } = fetchRequest.decode(payload)
    const { items, served } = await readSome(this.#options.store, bucket, ids)
    const shared = items.filter(({ owner }) => isOf(directory, id, owner)).map(({ item }) => item)
    return fetchReply.encode({ served, items: shared })
  }

  async #offer(payload: Uint8Array): Promise<Uint8Array> {
    const { view, nodeId, store } = this.#options
    const { bucket, items } = offerRequest.decode(payload)
    const missing = new Set(
      (
        await missingIn(
          store,
          bucket,
          items.map(({ id }) => id),
        )
      ).map((id) => toHex(id)),
    )
    const codes = items.map(({ owner, id }) => {
      const isOurs = view.snapshot?.isMember(nodeId, ownerBytes(owner).subarray(1)) === true
      if (!isOurs) return OFFER_ANSWERS.elsewhere
      return missing.has(toHex(id)) ? OFFER_ANSWERS.missing : OFFER_ANSWERS.here
    })
    return offerReply.encode(codes)
  }
}

type CommonSwarm = { readonly directory: DirectoryView; readonly id: SwarmId }

function isOf(directory: DirectoryView, swarm: SwarmId, owner: Owner): boolean {
  return directory.swarmOf(ownerBytes(owner).subarray(1))?.id === swarm
}
