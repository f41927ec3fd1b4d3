/**
 * A device in a network of compatible storage servers: guards take nothing but POSTs, seeds give lists that nobody signed,
 * and everything that leaves it or arrives is on record. The servers are those of the fake network, made as strict and as
 * limited as servers that know nothing of ours.
 */
import { type Descriptor, fromUtf8, millis, type NodeId, utf8, writeServiceNodes } from '@starling/protocol'
import type { Link, LinkReply } from '@starling/runtime'
import type { Client } from '../api.ts'
import { openClient } from '../create-client.ts'
import { compatibleNetwork } from '../storage-servers/compatible-network.ts'
import { createHttpsLink, ONION_PATH } from '../storage-servers/https-link.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { TransportError } from '../transport/transport-error.ts'
import { FakeDevice, type FakeNetwork } from './fake-network.ts'
import { listedNodes } from './fake-node.ts'

export const SEEDS = ['https://one.test/json_rpc', 'https://two.test/json_rpc', 'https://three.test/json_rpc'] as const

export class CompatibleDevice extends FakeDevice {
  /** What left the device for nodes. */
  readonly posted: { readonly node: NodeId; readonly path: string; readonly body: Uint8Array }[] = []
  readonly seedsAsked: string[] = []
  /** What a seed gives, where that is not the list of the network. */
  readonly liarSeeds = new Map<string, unknown>()
  readonly #net: FakeNetwork

  constructor(net: FakeNetwork) {
    super(net, net.clock.skewed(millis(0)))
    this.#net = net
  }

  override async connect({ nodeId }: Descriptor): Promise<Link> {
    const post = async (path: string, body: Uint8Array, signal: AbortSignal): Promise<LinkReply> => {
      const node = this.#net.nodeOf(nodeId)
      if (this.offline || node.isDown) throw new TransportError('unreachable')
      this.posted.push({ node: nodeId, path, body })
      if (path === ONION_PATH) return this.#net.onion(node, body, signal)
      const answer = await node.answer(fromUtf8(body), signal)
      return { status: answer.status, body: utf8(answer.body) }
    }
    const poster = { post, async [Symbol.asyncDispose]() {} }
    await post('/storage_rpc/v1', utf8(JSON.stringify({ method: 'info', params: {} })), new AbortController().signal)
    return createHttpsLink({ clock: this.#net.clock, poster })
  }

  override async fetchDirectory(url = ''): Promise<Uint8Array> {
    if (this.offline || !this.#net.servesDirectory) throw new TransportError('unreachable')
    this.seedsAsked.push(url)
    const { view } = this.#net
    const result =
      this.liarSeeds.get(url) ?? writeServiceNodes({ height: view.document.epoch, nodes: listedNodes(view) })
    return utf8(JSON.stringify({ jsonrpc: '2.0', id: 0, result }))
  }

  async open(): Promise<Client> {
    const { log: logger, crypto, random } = this.#net
    const seeds = SEEDS.map((url) => ({ url }))
    return openClient({
      network: compatibleNetwork({ kind: 'session-compatible', name: 'Compatible', seeds }),
      networkKind: 'compatible',
      clock: this.clock,
      random,
      crypto,
      logger,
      transport: this,
      openStore: async () => new MemoryStore(this.disk),
      vault: this.vault,
    })
  }
}

const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  batch: ['requests'],
  sequence: ['requests'],
  info: [],
  oxend_request: ['endpoint', 'params'],
  get_swarm: ['pubkey'],
  delete: ['pubkey', 'pubkey_ed25519', 'messages', 'required', 'signature'],
  expire: ['pubkey', 'pubkey_ed25519', 'messages', 'expiry', 'shorten', 'extend', 'signature'],
  retrieve: ['pubkey', 'namespace', 'last_hash', 'max_count', 'max_size', 'timestamp', 'signature', 'pubkey_ed25519'],
  store: ['pubkey', 'timestamp', 'ttl', 'expiry', 'data', 'namespace', 'signature', 'sig_timestamp', 'pubkey_ed25519'],
}

/** What is in a request that a server of release 2.8.0 does not know, or must have. */
export function faultsOf(text: string): string[] {
  const { method, params, ...rest } = JSON.parse(text) as { method: string; params: Record<string, unknown> }
  const { padding: _, ...used } = params
  const known = PARAMETERS[method]
  if (known === undefined) return [`method ${method}`]
  const faults = [...Object.keys(rest), ...Object.keys(used).filter((key) => !known.includes(key))]
  if (method === 'retrieve') {
    for (const key of ['timestamp', 'signature', 'pubkey_ed25519']) if (!(key in used)) faults.push(`no ${key}`)
  }
  const requests = (used['requests'] ?? []) as readonly unknown[]
  if (requests.length > 20) faults.push('too many requests')
  return [...faults, ...requests.flatMap((request) => faultsOf(JSON.stringify(request)))].map(
    (fault) => `${method}: ${fault}`,
  )
}
