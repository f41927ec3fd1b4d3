/** Requests as fast as the network takes them: over links, directly and through three hops. */
import {
  buildOnionRequest,
  days,
  encodeCall,
  FrameKind,
  METHODS,
  NAMESPACES,
  type NetworkFile,
  type NodeEntry,
  type Owner,
  ownerBytes,
  parseOwner,
  seconds,
  toHex,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { shuffle, systemClock } from '@starling/runtime'
import { type Figure, percentiles } from './figures.ts'
import { NetworkLinks } from './network-links.ts'

const MESSAGE_BYTES = 2048
const STORES = 2000
const IN_FLIGHT = 16

export async function measureStores(network: NetworkFile): Promise<Figure[]> {
  await using links = await NetworkLinks.open(network)
  return [
    ...(await load('store of 2 kB on a swarm of 3, over a link', links, storeDirectly)),
    ...(await load('the same through three hops', links, storeThroughOnion)),
  ]
}

/** A closed loop: each worker sends its next request when the last was answered. */
async function load(
  name: string,
  links: NetworkLinks,
  request: (links: NetworkLinks) => Promise<void>,
): Promise<Figure[]> {
  for (let index = 0; index < IN_FLIGHT; index++) await request(links)
  const times: number[] = []
  const start = performance.now()
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (times.length < STORES) {
        const sent = performance.now()
        await request(links)
        times.push(performance.now() - sent)
      }
    }),
  )
  const rate = (1000 * times.length) / (performance.now() - start)
  return [{ name: `${name}, ${IN_FLIGHT} in flight`, value: rate, unit: '/s' }, ...percentiles(name, times)]
}

async function storeDirectly(links: NetworkLinks): Promise<void> {
  await storeData(links, randomOwner(links), links.random(MESSAGE_BYTES))
}

/** Stores `data` on the swarm of `owner`, over a link to one of its members. @throws {Error} unless all members have it. */
export async function storeData(links: NetworkLinks, owner: Owner, data: Uint8Array): Promise<void> {
  const { body, members } = storeRequest(links, owner, data)
  const [member] = shuffle(links.random, members)
  const reply = await links.to(member!).request(FrameKind.rpc, body, { signal: links.signal, timeout: seconds(30) })
  check(reply.status, new TextDecoder().decode(reply.body))
}

async function storeThroughOnion(links: NetworkLinks): Promise<void> {
  const { crypto, random, view } = links
  const { body, members } = storeRequest(links, randomOwner(links), links.random(MESSAGE_BYTES))
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
  const reply = await links.to(hops[0]!).request(FrameKind.onion, request.body, {
    signal: links.signal,
    timeout: seconds(30),
  })
  if (reply.status !== 200) check(reply.status, '')
  const opened = request.open(reply.body)
  if (opened.kind !== 'node') throw new Error(`answered by a ${opened.kind}`)
  check(opened.status, String(opened.body))
}

function randomOwner({ random }: NetworkLinks): Owner {
  return parseOwner(`05${toHex(random(32))}`)
}

function storeRequest(
  { view }: NetworkLinks,
  owner: Owner,
  data: Uint8Array,
): { body: Uint8Array; members: readonly NodeEntry[] } {
  const timestamp = systemClock().now()
  const params = {
    owner,
    namespace: NAMESPACES.messages,
    timestamp,
    expiry: unixMillis(timestamp + days(14)),
    data,
    auth: undefined,
    signedAt: undefined,
  }
  const body = utf8(JSON.stringify(encodeCall({ method: METHODS.store.name, params })))
  return { body, members: view.swarmOf(ownerBytes(owner).subarray(1))?.members ?? [] }
}

/** An answer counts only if every member of the swarm stored it. */
function check(status: number, body: string): void {
  const entries =
    status === 200 ? Object.values((JSON.parse(body) as { swarm: Record<string, { failed?: unknown }> }).swarm) : []
  if (entries.length === 0 || entries.some(({ failed }) => failed !== undefined))
    throw new Error(`a store failed with ${status}`)
}
