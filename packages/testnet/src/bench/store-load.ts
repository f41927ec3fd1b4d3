/** Requests as fast as the network takes them: over links, directly and through three hops. */
import { createNodeTransport } from '@starling/client/node'
import {
  buildOnionRequest,
  type Crypto,
  DirectoryView,
  days,
  encodeCall,
  FrameKind,
  METHODS,
  NAMESPACES,
  type NetworkFile,
  type NodeEntry,
  type NodeId,
  ownerBytes,
  parseOwner,
  type RandomBytes,
  seconds,
  toHex,
  unixMillis,
  utf8,
  verifyDocument,
} from '@starling/protocol'
import { type Link, shuffle, systemClock, systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { type Figure, percentiles } from './figures.ts'

const MESSAGE_BYTES = 2048
const STORES = 2000
const IN_FLIGHT = 16

type Bench = {
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly view: DirectoryView
  readonly links: ReadonlyMap<NodeId, Link>
  readonly signal: AbortSignal
}

export async function measureStores(network: NetworkFile): Promise<Figure[]> {
  const [clock, random, crypto] = [systemClock(), systemRandom(), createNativeCrypto()]
  const transport = createNodeTransport({ clock })
  const { signal } = new AbortController()
  const view = new DirectoryView(
    verifyDocument(crypto, network, await transport.fetchDirectory(network.bootstrap[0]!, { signal })),
  )
  const links = new Map<NodeId, Link>()
  for (const { descriptor } of view.nodes.values())
    links.set(descriptor.nodeId, await transport.connect(descriptor, { signal }))
  const bench: Bench = { crypto, random, view, links, signal }
  try {
    return [
      ...(await load('store of 2 kB on a swarm of 3, over a link', bench, storeDirectly)),
      ...(await load('the same through three hops', bench, storeThroughOnion)),
    ]
  } finally {
    await Promise.all([...links.values()].map((link) => link[Symbol.asyncDispose]()))
  }
}

/** A closed loop: each worker sends its next request when the last was answered. */
async function load(name: string, bench: Bench, request: (bench: Bench) => Promise<void>): Promise<Figure[]> {
  for (let index = 0; index < IN_FLIGHT; index++) await request(bench)
  const times: number[] = []
  const start = performance.now()
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (times.length < STORES) {
        const sent = performance.now()
        await request(bench)
        times.push(performance.now() - sent)
      }
    }),
  )
  const rate = (1000 * times.length) / (performance.now() - start)
  return [{ name: `${name}, ${IN_FLIGHT} in flight`, value: rate, unit: '/s' }, ...percentiles(name, times)]
}

async function storeDirectly(bench: Bench): Promise<void> {
  const { body, members } = storeRequest(bench)
  const [member] = shuffle(bench.random, members)
  const reply = await linkTo(bench, member!).request(FrameKind.rpc, body, {
    signal: bench.signal,
    timeout: seconds(30),
  })
  check(reply.status, new TextDecoder().decode(reply.body))
}

async function storeThroughOnion(bench: Bench): Promise<void> {
  const { crypto, random, view } = bench
  const { body, members } = storeRequest(bench)
  const [member] = shuffle(random, members)
  const hops = shuffle(
    random,
    [...view.nodes.values()].filter((entry) => entry !== member),
  ).slice(0, 3)
  const hop = ({ descriptor }: NodeEntry) => ({ nodeId: descriptor.nodeId, x25519: descriptor.encryptionKey })
  using request = buildOnionRequest({
    crypto,
    random,
    path: hops.map(hop),
    destination: { kind: 'node', ...hop(member!) },
    payload: body,
    encType: 'xchacha20',
  })
  const reply = await linkTo(bench, hops[0]!).request(FrameKind.onion, request.body, {
    signal: bench.signal,
    timeout: seconds(30),
  })
  if (reply.status !== 200) check(reply.status, '')
  const opened = request.open(reply.body)
  if (opened.kind !== 'node') throw new Error(`answered by a ${opened.kind}`)
  check(opened.status, String(opened.body))
}

function storeRequest({ random, view }: Bench): { body: Uint8Array; members: readonly NodeEntry[] } {
  const owner = parseOwner(`05${toHex(random(32))}`)
  const timestamp = systemClock().now()
  const params = {
    owner,
    namespace: NAMESPACES.messages,
    timestamp,
    expiry: unixMillis(timestamp + days(14)),
    data: random(MESSAGE_BYTES),
    auth: undefined,
    signedAt: undefined,
  }
  const body = utf8(JSON.stringify(encodeCall({ method: METHODS.store.name, params })))
  return { body, members: view.swarmOf(ownerBytes(owner).subarray(1))?.members ?? [] }
}

function linkTo({ links }: Bench, { descriptor }: NodeEntry): Link {
  return links.get(descriptor.nodeId)!
}

/** An answer counts only if every member of the swarm stored it. */
function check(status: number, body: string): void {
  const entries =
    status === 200 ? Object.values((JSON.parse(body) as { swarm: Record<string, { failed?: unknown }> }).swarm) : []
  if (entries.length === 0 || entries.some(({ failed }) => failed !== undefined))
    throw new Error(`a store failed with ${status}`)
}
