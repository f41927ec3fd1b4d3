/** A storage node without a disk: it keeps messages in memory and answers the requests that a client makes. */
import {
  accountIdKey,
  authoriseCall,
  type Crypto,
  type DeleteEntry,
  type DeleteParams,
  type DirectoryView,
  deleteEntry,
  deriveMessageHash,
  type Ed25519KeyPair,
  type ExpireEntry,
  type ExpireParams,
  expireEntry,
  type GetSwarmResult,
  type JsonObject,
  type MessageHash,
  type MethodName,
  type MethodResult,
  methodOf,
  type Namespace,
  type NodeId,
  nodeIdOf,
  type Owner,
  parseAccountId,
  parseRpcRequest,
  type ReplyContent,
  type RetrievedMessage,
  type RpcCall,
  type ServiceNode,
  type Signature,
  type StoreEntry,
  type StoreParams,
  type StoreResult,
  type SwarmEntry,
  signEntry,
  storeEntry,
  swarmOwner,
  type UnixMillis,
  unixMillis,
  type X25519KeyPair,
} from '@starling/protocol'
import type { Clock } from '@starling/runtime'

export type FakeNodePorts = {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly view: () => DirectoryView
  readonly nodeOf: (id: NodeId) => FakeNode
}

export class FakeNode {
  readonly id: NodeId
  readonly keys: X25519KeyPair
  /** Nobody reaches it. */
  isDown: boolean = false
  /** Takes requests and never answers. */
  isMute: boolean = false
  /** Does what it is asked in a sequence, but the answer is lost. */
  losesAnswers: boolean = false
  /** Serves every account, as a member does that has an old directory. */
  servesAll: boolean = false
  /** Answers at once whatever `wait` says, as old nodes do. */
  ignoresWait: boolean = false
  /** Says that it stored, and signs for another message. */
  liesAboutStoring: boolean = false
  /** Says that it shortened lives, and did not. */
  ignoresShortening: boolean = false
  /** Its clock minus the true one. */
  clockOffset = 0
  /** Refuses every store with this status. */
  storeStatus: number | undefined
  /** Refuses to store more. */
  mostBytes = Number.POSITIVE_INFINITY
  /** Is told of every request that reaches it as its destination, as JSON text. */
  onRequest: ((text: string) => void) | undefined
  /** Requests that reached it as their destination, by method. */
  readonly asked: string[] = []
  /** In the order in which they came here. */
  readonly messages: { owner: Owner; namespace: Namespace; item: RetrievedMessage }[] = []
  readonly #ports: FakeNodePorts
  readonly #signing: Ed25519KeyPair
  #news = Promise.withResolvers<void>()

  constructor(ports: FakeNodePorts, signing: Ed25519KeyPair) {
    this.#ports = ports
    this.#signing = signing
    this.id = nodeIdOf(signing.publicKey)
    this.keys = ports.crypto.x25519KeyPair(ports.crypto.ed25519SecretToX25519(signing.secretKey))
  }

  get now(): UnixMillis {
    return unixMillis(this.#ports.clock.now() + this.clockOffset)
  }

  async answer(text: string, signal: AbortSignal): Promise<ReplyContent> {
    this.onRequest?.(text)
    const request = parseRpcRequest(text)
    if (request.kind === 'refused') return { ...request.answer, isJson: false }
    if (request.kind === 'call') return this.#run(request.call)
    if (request.kind === 'ifelse') return { status: 400, body: 'no method ifelse', isJson: false }
    if (request.mode === 'sequence') {
      const answer = json({ results: resultsOf(this.#runInTurn(request.calls)) })
      return this.losesAnswers ? new Promise(() => {}) : answer
    }
    let answers = request.calls.map((call) => this.#run(call))
    if (request.wait !== undefined && !this.ignoresWait) {
      let isOver = false
      const timeout = this.#ports.clock.sleep(request.wait, { signal }).catch(() => {})
      const end = timeout.then(() => {
        isOver = true
      })
      // What is stored for others is no news.
      while (!isOver && !answers.some(({ body }) => body.includes('"hash"'))) {
        await Promise.race([this.#news.promise, end])
        answers = request.calls.map((call) => this.#run(call))
      }
    }
    return json({ results: resultsOf(answers) })
  }

  /** Up to the first failure. */
  #runInTurn(calls: readonly RpcCall[]): readonly ReplyContent[] {
    const answers: ReplyContent[] = []
    for (const call of calls) {
      const answer = this.#run(call)
      answers.push(answer)
      if (answer.status !== 200) break
    }
    return answers
  }

  /** Puts a message here alone, as a node that others could not reach would have it. */
  keep(owner: Owner, namespace: Namespace, data: Uint8Array, expiry: UnixMillis): MessageHash {
    const hash = deriveMessageHash(this.#ports.crypto, owner, namespace, data)
    if (this.messages.some(({ item }) => item.hash === hash)) return hash
    this.messages.push({ owner, namespace, item: { hash, timestamp: this.now, expiry, data } })
    this.#news.resolve()
    this.#news = Promise.withResolvers()
    return hash
  }

  #run(call: RpcCall): ReplyContent {
    const { crypto, view } = this.#ports
    this.asked.push(call.method)
    const owner = swarmOwner(call)
    if (owner !== undefined && !this.servesAll && !view().isMember(this.id, accountIdKey(parseAccountId(owner)))) {
      return { ...this.#ok('get_swarm', this.#swarmOf(owner)), status: 421 }
    }
    const refusal = authoriseCall(call, { crypto, now: this.now, isRevoked: () => false })
    if (refusal !== undefined) return { ...refusal, isJson: false }
    switch (call.method) {
      case 'info':
        return this.#ok('info', { version: [1, 0, 0], timestamp: this.now })
      case 'oxend_request':
        return this.#ok('oxend_request', { height: view().document.epoch, nodes: listedNodes(view()) })
      case 'store':
        if (this.storeStatus !== undefined) return { status: this.storeStatus, body: 'no', isJson: false }
        if (call.params.data.length > this.mostBytes) return { status: 413, body: 'no', isJson: false }
        return this.#ok('store', this.#store(call.params))
      case 'retrieve': {
        const { namespace, lastHash } = call.params
        const all = this.messages.filter((kept) => kept.owner === call.params.owner && kept.namespace === namespace)
        const after = all.findIndex(({ item }) => item.hash === lastHash) + 1
        const messages = all.slice(after, after + 50).map(({ item }) => item)
        return this.#ok('retrieve', { messages, more: after + 50 < all.length })
      }
      case 'delete': {
        const { params } = call
        return this.#ok('delete', {
          entries: this.#members(call.params.owner, (member) => member.#delete(params)),
        })
      }
      case 'expire': {
        const { params } = call
        return this.#ok('expire', {
          entries: this.#members(call.params.owner, (member) => member.#expire(params)),
        })
      }
      case 'get_expiries': {
        const { owner, messages } = call.params
        const kept = this.messages.filter(({ owner: other, item }) => other === owner && messages.includes(item.hash))
        const expiries = kept.map(({ item: { hash, expiry } }) => ({ hash, expiry }))
        return json(methodOf('get_expiries').result.write({ expiries }) as JsonObject)
      }
      default:
        return { status: 400, body: 'no method', isJson: false }
    }
  }

  /** What each member that can be reached does. */
  #members<Value>(owner: Owner, act: (member: FakeNode) => SwarmEntry<Value>): SwarmEntry<Value>[] {
    const swarm = this.#ports.view().swarmOf(accountIdKey(parseAccountId(owner)))
    return (swarm?.members ?? []).map(({ descriptor }) => {
      const member = this.#ports.nodeOf(descriptor.nodeId)
      const isGone = member.isDown || member.isMute
      return isGone ? { kind: 'failed', node: member.id, failure: { kind: 'timeout' } } : act(member)
    })
  }

  #delete(params: DeleteParams): SwarmEntry<DeleteEntry> {
    const deleted = this.#hashesOf(params).filter((hash) => params.messages.includes(hash))
    const kept = this.messages.filter(({ item }) => !deleted.includes(item.hash))
    this.messages.splice(0, this.messages.length, ...kept)
    return signEntry(deleteEntry, { params, value: { deleted }, node: this.id, sign: this.#sign })
  }

  /** Of `extend` and `shorten` alone. */
  #expire(params: ExpireParams): SwarmEntry<ExpireEntry> {
    const expiry = params.expiries[0]!
    const isShortening = params.change === 'shorten'
    const isLater = new Set(this.messages.filter(({ item }) => item.expiry > expiry).map(({ item }) => item.hash))
    const asked = this.#hashesOf(params).filter((hash) => params.messages.includes(hash))
    const updated = asked.filter((hash) => !isShortening || (isLater.has(hash) && !this.ignoresShortening))
    for (const [i, kept] of this.messages.entries()) {
      if (updated.includes(kept.item.hash)) this.messages[i] = { ...kept, item: { ...kept.item, expiry } }
    }
    const value = { expiries: [expiry], updated, unchanged: [] }
    return signEntry(expireEntry, { params, value, node: this.id, sign: this.#sign })
  }

  #hashesOf({ owner }: { readonly owner: Owner }): MessageHash[] {
    return this.messages
      .filter((kept) => kept.owner === owner)
      .map(({ item }) => item.hash)
      .sort((a, b) => (a < b ? -1 : 1))
  }

  #sign = (bytes: Uint8Array): Signature => this.#ports.crypto.ed25519Sign(this.#signing.secretKey, bytes)

  #swarmOf(owner: Owner): GetSwarmResult {
    const swarm = this.#ports.view().swarmOf(accountIdKey(parseAccountId(owner)))
    const nodes = listedNodes(this.#ports.view()).filter(({ swarmId }) => swarmId === swarm?.id)
    return { swarm: swarm?.id, nodes }
  }

  #store(params: StoreParams): StoreResult {
    const { owner, namespace, data, expiry } = params
    const hash = deriveMessageHash(this.#ports.crypto, owner, namespace, data)
    const entries = this.#members(owner, (member) => {
      if (!member.liesAboutStoring) member.keep(owner, namespace, data, expiry)
      return member.#receipt(hash, expiry)
    })
    return { entries, hash }
  }

  #receipt(hash: MessageHash, expiry: UnixMillis): SwarmEntry<StoreEntry> {
    const signed = this.liesAboutStoring ? (`${'A'.repeat(43)}` as MessageHash) : hash
    const entry = signEntry(storeEntry, {
      params: undefined,
      value: { hash: signed, expiry, already: false },
      node: this.id,
      sign: this.#sign,
    })
    return entry.kind === 'done' ? { ...entry, value: { ...entry.value, hash } } : entry
  }

  #ok<Name extends MethodName>(method: Name, result: MethodResult<Name>): ReplyContent {
    const body = methodOf(method).result.write(result) as JsonObject
    return json({ ...body, t: this.now, hf: [19, 4] })
  }
}

/** All nodes, as a compatible list has them. */
export function listedNodes(view: DirectoryView): readonly ServiceNode[] {
  return [...view.nodes.values()].map(({ descriptor, swarmId }) => ({
    nodeId: descriptor.nodeId,
    x25519: descriptor.encryptionKey,
    ip: descriptor.address,
    httpsPort: descriptor.httpsPort,
    peerPort: descriptor.peerPort,
    swarmId,
  }))
}

function resultsOf(answers: readonly ReplyContent[]): JsonObject[] {
  return answers.map(({ status, body, isJson }) => ({ code: status, body: isJson ? JSON.parse(body) : body }))
}

function json(body: JsonObject): ReplyContent {
  return { status: 200, body: JSON.stringify(body), isJson: true }
}
