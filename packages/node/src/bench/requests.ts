/** Requests as clients send them, made and signed before the clock starts; each knows what the right answer looks like. */
import {
  AuthenticationError,
  buildOnionRequest,
  type Crypto,
  deriveMessageHash,
  type Ed25519KeyPair,
  FrameKind,
  METHODS,
  type MessageHash,
  MessengerError,
  NAMESPACES,
  type NodeEntry,
  type OnionHop,
  type OnionRequest,
  type Owner,
  parseOwner,
  parseRpcAnswer,
  type Swarm,
  toBase64,
  toHex,
  utf8,
  verifyStoreReceipts,
} from '@starling/protocol'
import { systemRandom } from '@starling/runtime'
import { httpRequest } from './https-lane.ts'
import type { Answer } from './lane.ts'
import { linkRequest } from './link-lane.ts'

export const MESSAGE_BYTES = 2048
const TTL_MS = 14 * 86_400_000
const random = systemRandom()

export type Carrier = 'https' | 'link'

/** One request, for one node. */
export type Prepared = {
  readonly to: NodeEntry
  readonly bytes: Uint8Array
  /** What is wrong with the answer. */
  readonly check: (answer: Answer) => string | undefined
}

export type Account = {
  readonly owner: Owner
  readonly keys: Ed25519KeyPair
  readonly swarm: Swarm
  /** As the node whom this account polls has them; filled by who stores. */
  readonly hashes: MessageHash[]
}

export type RequestMaker = {
  readonly crypto: Crypto
  readonly carrier: Carrier
  /** Relays on the way, drawn anew for each request; none: asked directly. */
  readonly relays?: () => readonly NodeEntry[]
}

/** An account as its owner has it. */
export function createAccount(crypto: Crypto, swarmOf: (owner: Owner) => Swarm): Account {
  const keys = crypto.ed25519KeyPair(random(32))
  const owner = parseOwner(`05${toHex(crypto.ed25519ToX25519(keys.publicKey))}`)
  return { owner, keys, swarm: swarmOf(owner), hashes: [] }
}

/** Stores 2,048 random bytes for 14 days. The answer must hold the signatures of all `signers` members. */
export function storeRequest(maker: RequestMaker, account: Account, to: NodeEntry, signers: number): Prepared {
  const data = random(MESSAGE_BYTES)
  const { crypto } = maker
  const { owner, swarm } = account
  const hash = deriveMessageHash(crypto, owner, NAMESPACES.messages, data)
  const params = { pubkey: owner, timestamp: Date.now(), ttl: TTL_MS, data: toBase64(data) }
  const members = swarm.members.map(({ descriptor }) => descriptor.nodeId)
  return wrap(maker, to, { method: METHODS.store.name, params }, (status, body) => {
    const outcome = parseRpcAnswer('store', { status, body })
    if (outcome.kind !== 'ok') return outcomeText(status, outcome.kind)
    const { verified } = verifyStoreReceipts(crypto, { entries: outcome.result.entries, hash, members })
    return verified.length === signers ? undefined : `${verified.length} receipts, not ${signers}`
  })
}

/** All messages of an account, or those after `lastHash`. The answer must hold exactly the hashes of `expected`. */
export function retrieveRequest(
  maker: RequestMaker,
  account: Account,
  to: NodeEntry,
  { lastHash, expected }: { readonly lastHash?: MessageHash; readonly expected: readonly MessageHash[] },
): Prepared {
  const { crypto } = maker
  const timestamp = Date.now()
  const params = {
    pubkey: account.owner,
    pubkey_ed25519: toHex(account.keys.publicKey),
    timestamp,
    signature: toBase64(crypto.ed25519Sign(account.keys.secretKey, utf8(`retrieve${timestamp}`))),
    ...(lastHash !== undefined && { last_hash: lastHash }),
  }
  return wrap(maker, to, { method: METHODS.retrieve.name, params }, (status, body) => {
    const outcome = parseRpcAnswer('retrieve', { status, body })
    if (outcome.kind !== 'ok') return outcomeText(status, outcome.kind)
    const { messages } = outcome.result
    if (messages.length !== expected.length) return `${messages.length} messages, not ${expected.length}`
    const wanted = new Set(expected)
    return messages.every((message) => wanted.has(message.hash) && message.data.length === MESSAGE_BYTES)
      ? undefined
      : 'other messages'
  })
}

function outcomeText(status: number, kind: string): string {
  return `${status} ${kind}`
}

/** Directly, or in layers for as many relays as the maker draws. */
function wrap(
  { crypto, carrier, relays }: RequestMaker,
  to: NodeEntry,
  request: object,
  check: (status: number, body: unknown) => string | undefined,
): Prepared {
  const payload = utf8(JSON.stringify(request))
  if (relays === undefined) {
    return {
      to,
      bytes: carrier === 'https' ? httpRequest('/storage_rpc/v1', payload) : linkRequest(FrameKind.rpc, payload),
      check: ({ status, body }) => check(status, textOf(body)),
    }
  }
  const path = relays()
  // As the clients of each carrier do it.
  const encType = carrier === 'https' ? 'aes-gcm' : 'xchacha20'
  const onion = buildOnionRequest({
    crypto,
    random,
    path: path.map(hopOf),
    destination: { kind: 'node', ...hopOf(to) },
    payload,
    encType,
  })
  return {
    to: path[0] ?? to,
    bytes: carrier === 'https' ? httpRequest('/onion_req/v2', onion.body) : linkRequest(FrameKind.onion, onion.body),
    check: (answer) => checkOnion(onion, answer, check),
  }
}

function checkOnion(
  onion: OnionRequest,
  answer: Answer,
  check: (status: number, body: unknown) => string | undefined,
): string | undefined {
  if (answer.status !== 200) return `onion answered ${answer.status} ${textOf(answer.body).slice(0, 80)}`
  try {
    const reply = onion.open(answer.body)
    return reply.kind === 'node' ? check(reply.status, reply.body) : `answered by a ${reply.kind}`
  } catch (error) {
    if (error instanceof AuthenticationError || error instanceof MessengerError) return error.code
    throw error
  }
}

function hopOf({ descriptor }: NodeEntry): OnionHop {
  return { nodeId: descriptor.nodeId, x25519: descriptor.encryptionKey }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
