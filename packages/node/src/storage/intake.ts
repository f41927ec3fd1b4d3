/**
 * What other members bring, pushed by them or fetched by us: verified item by item as if it came from a client, before
 * anything of it is kept. Hash, range, expiry, signatures and revocations are ours to judge, whoever sends it. The time of
 * sending is not: who acknowledged a message has judged it, and one whose expiry was changed may be older or younger than
 * any TTL allows.
 */
import {
  CodecError,
  type Crypto,
  clampExpiry,
  type DirectoryView,
  deriveMessageHash,
  MalformedInputError,
  type NodeId,
  namespaceRules,
  type Owner,
  ownerBytes,
  type RpcCall,
  seconds,
  storeAuthorisationTime,
  TRANSFER_OUTCOMES,
  type TransferItem,
  transferReply,
  transferRequest,
  type UnixMillis,
  unixMillis,
  utf8,
  verifyCallSignature,
  verifyStoreAuthorisation,
} from '@starling/protocol'
import type { Clock, LinkReply, Logger, Observable } from '@starling/runtime'
import { parseClientRequest, recordOf } from './change-of.ts'
import type { NodeStore } from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'
import type { OwnStorage } from './own-storage.ts'
import { revocationsFor, revokedSince } from './revocations.ts'

/** How far the clock of the member that the client asked may be ahead of ours. */
const MAX_AHEAD = seconds(70)
/** How far its clock may be from a time that the client signed: the client's tolerance and the members'. */
const MAX_FROM_SIGNED = seconds(130)

/**
 * `stored`: here now, or before, or deleted by a record that is here. `refused`: never to be taken. `later`: with
 * another directory or clock, or when the account has room. `failed`: our own storage did not.
 */
export type Taken = 'stored' | 'refused' | 'later' | 'failed'
export type MessageItem = TransferItem & { readonly kind: 'message' }
type RecordItem = TransferItem & { readonly kind: 'record' }
const NONE = new Uint8Array()

export type IntakeOptions = {
  readonly nodeId: NodeId
  readonly crypto: Crypto
  readonly clock: Clock
  readonly logger: Logger
  readonly store: NodeStore
  readonly view: Observable<DirectoryView | undefined>
  readonly own: Pick<OwnStorage, 'keep' | 'change'>
}

export class Intake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** The answer to a `transfer`. */
  async answer(payload: Uint8Array): Promise<LinkReply> {
    let items: readonly TransferItem[]
    try {
      items = transferRequest.decode(payload).items
    } catch (error) {
      if (error instanceof CodecError || error instanceof MalformedInputError)
        return { status: 400, body: utf8(error.code) }
      throw error
    }
    const codes = (await this.take(items)).map((taken) => TRANSFER_OUTCOMES[taken === 'failed' ? 'later' : taken])
    return { status: 200, body: transferReply.encode(codes) }
  }

  /** An outcome for each item, all durable. */
  async take(items: readonly TransferItem[]): Promise<readonly Taken[]> {
    const taken: Taken[] = []
    // Oldest first: what comes together is retrieved here in about the order in which it was retrieved elsewhere.
    const inOrder = [...items.entries()].toSorted(([, a], [, b]) => timeOf(a) - timeOf(b))
    await Promise.all(
      inOrder.map(async ([index, item]) => {
        taken[index] = await this.#takeOne(item)
      }),
    )
    const refused = taken.filter((outcome) => outcome === 'refused').length
    if (refused > 0) this.#options.logger.warn('intake.refused', { count: refused })
    return taken
  }

  async #takeOne(item: TransferItem): Promise<Taken> {
    try {
      return item.kind === 'message' ? await this.#takeMessage(item) : await this.#takeRecord(item)
    } catch (error) {
      if (!(error instanceof NodeStoreError)) throw error
      return error.code === 'owner_full' ? 'later' : 'failed'
    }
  }

  async #takeMessage(item: MessageItem): Promise<Taken> {
    const { crypto, clock, own } = this.#options
    const now = clock.now()
    if (!this.#isOurs(item.owner)) return 'later'
    if (item.expiry <= now || !(await this.#isAllowed(item))) return 'refused'
    const { owner, namespace, timestamp, data } = item
    const hash = deriveMessageHash(crypto, owner, namespace, data)
    const authorisation = namespaceRules(namespace).storeWithoutAuth ? NONE : item.authorisation
    // Members' clocks differ: clamped, not refused. A time too far ahead would outlive deletions.
    const expiry = clampExpiry(item.expiry, unixMillis(now + MAX_AHEAD))
    const storedAt = unixMillis(Math.min(item.storedAt, now + MAX_AHEAD))
    await own.keep({ hash, owner, namespace, timestamp, expiry, data, authorisation, storedAt }, 'peer')
    return 'stored'
  }

  /** Whether the owner allowed such a store, at about that time: else a member could store again what was deleted. */
  async #isAllowed(item: MessageItem): Promise<boolean> {
    if (namespaceRules(item.namespace).storeWithoutAuth) return true
    const { crypto, store } = this.#options
    const signedAt = storeAuthorisationTime(item)
    if (signedAt === undefined || isFar(item.storedAt, signedAt)) return false
    return verifyStoreAuthorisation(crypto, item, revokedSince(await store.revokedTokens(item.owner), item.storedAt))
  }

  async #takeRecord({ at, request }: RecordItem): Promise<Taken> {
    const { crypto, clock, store, own } = this.#options
    const call = parseClientRequest(request)
    const record = call && recordOf(crypto, { call, at, request })
    if (!record) return 'refused'
    if (!this.#isOurs(record.owner) || at > clock.now() + MAX_AHEAD) return 'later'
    if (!isOfItsTime(call, at)) return 'refused'
    const isRevoked = await revocationsFor(store, call, at)
    if (record.expiry <= clock.now() || !verifyCallSignature(call, { crypto, isRevoked })) return 'refused'
    await own.change(record)
    return 'stored'
  }

  #isOurs(owner: Owner): boolean {
    const { view, nodeId } = this.#options
    return view.snapshot?.isMember(nodeId, ownerBytes(owner).subarray(1)) === true
  }
}

function timeOf(item: TransferItem): UnixMillis {
  return item.kind === 'message' ? item.storedAt : item.at
}

/** Whether a member may have taken it up at `at`, as far as times that the client signed tell. */
function isOfItsTime({ method, params }: RpcCall, at: UnixMillis): boolean {
  if ('timestamp' in params && params.timestamp !== undefined) return !isFar(at, params.timestamp)
  if (method === 'expire_all') return params.expiry >= at - MAX_FROM_SIGNED
  return method !== 'expire' || params.expiries.every((expiry) => expiry >= at - MAX_FROM_SIGNED)
}

function isFar(at: UnixMillis, signed: UnixMillis): boolean {
  return Math.abs(at - signed) > MAX_FROM_SIGNED
}
