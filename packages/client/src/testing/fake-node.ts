/** A storage node without a disk: it keeps messages in memory and answers the requests that a client makes. */
import {
  accountIdKey,
  authoriseCall,
  type Crypto,
  type DirectoryView,
  deriveMessageHash,
  type Ed25519KeyPair,
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
  /** Answers at once whatever `wait` says, as old nodes do. */
  ignoresWait: boolean = false
  /** Says that it stored, and signs for another message. */
  liesAboutStoring: boolean = false
  /** Its clock minus the true one. */
  clockOffset = 0
  /** Refuses every store with this status. */
  storeStatus: number | undefined
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
    const results = answers.map(({ status, body, isJson }) => ({
      code: status,
      body: isJson ? JSON.parse(body) : body,
    }))
    return json({ results })
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
    if (owner !== undefined && !view().isMember(this.id, accountIdKey(parseAccountId(owner)))) {
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
        return this.#ok('store', this.#store(call.params))
      case 'retrieve': {
        const { namespace, lastHash } = call.params
        const all = this.messages.filter((kept) => kept.owner === call.params.owner && kept.namespace === namespace)
        const after = all.findIndex(({ item }) => item.hash === lastHash) + 1
        const messages = all.slice(after, after + 50).map(({ item }) => item)
        return this.#ok('retrieve', { messages, more: after + 50 < all.length })
      }
      default:
        return { status: 400, body: 'no method', isJson: false }
    }
  }

  #swarmOf(owner: Owner): GetSwarmResult {
    const swarm = this.#ports.view().swarmOf(accountIdKey(parseAccountId(owner)))
    const nodes = listedNodes(this.#ports.view()).filter(({ swarmId }) => swarmId === swarm?.id)
    return { swarm: swarm?.id, nodes }
  }

  #store(params: StoreParams): StoreResult {
    const { view, nodeOf, crypto } = this.#ports
    const { owner, namespace, data, expiry } = params
    const hash = deriveMessageHash(crypto, owner, namespace, data)
    const swarm = view().swarmOf(accountIdKey(parseAccountId(owner)))
    const entries = (swarm?.members ?? []).map(({ descriptor }): SwarmEntry<StoreEntry> => {
      const member = nodeOf(descriptor.nodeId)
      if (member.isDown || member.isMute) return { kind: 'failed', node: member.id, failure: { kind: 'timeout' } }
      if (!member.liesAboutStoring) member.keep(owner, namespace, data, expiry)
      return member.#receipt(hash, expiry)
    })
    return { entries, hash }
  }

  #receipt(hash: MessageHash, expiry: UnixMillis): SwarmEntry<StoreEntry> {
    const { crypto } = this.#ports
    const signed = this.liesAboutStoring ? (`${'A'.repeat(43)}` as MessageHash) : hash
    const sign = (bytes: Uint8Array) => crypto.ed25519Sign(this.#signing.secretKey, bytes)
    const entry = signEntry(storeEntry, {
      params: undefined,
      value: { hash: signed, expiry, already: false },
      node: this.id,
      sign,
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

function json(body: JsonObject): ReplyContent {
  return { status: 200, body: JSON.stringify(body), isJson: true }
}
