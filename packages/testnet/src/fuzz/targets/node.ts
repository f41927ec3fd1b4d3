/** All that a node answers, from the bytes that come over HTTP or a link to the bytes that go back. */
import {
  buildOnionRequest,
  concatBytes,
  deriveLayerCipher,
  encodeForward,
  encodeRelayFrame,
  FrameKind,
  forwardRequest,
  fromUtf8,
  isJsonObject,
  type MethodName,
  methodOf,
  nodeIdOf,
  parseJson,
  parseOnionBody,
  parseRpcRequest,
  sealWithCipher,
  signDescriptor,
  toHex,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { seededRandom } from '@starling/runtime/testing'
import { mutateBt } from '../mutate-bt.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { behindSelector, combine, mutateCombined } from '../mutate-combined.ts'
import { mutateJson } from '../mutate-json.ts'
import { OneNode } from '../one-node.ts'
import { crypto, NOW, nodeIds, nodeKeys, signed } from '../people.ts'
import { type FuzzTarget, must } from '../target.ts'
import { descriptorOf, documentOf } from './directory.ts'
import { repairSeeds, transferSeeds } from './members.ts'
import { RPC_WORDS, requestSeeds, requestTexts } from './rpc.ts'

const node = new OneNode()
/** What a node says of requests: anything else would be a fault of ours. */
const STATUSES = [200, 204, 400, 401, 403, 404, 406, 413, 421, 425, 429, 501, 502, 503, 504]
/** A method that nobody carried out is answered 500 with an entry for each member that says why. */
const FAILED = 500

const requests: FuzzTarget = {
  name: 'node-rpc',
  sources: ['node/src/rpc/rpc-router.ts', 'node/src/storage/storage-service.ts', 'node/src/storage/own-storage.ts'],
  mutate: mutateJson,
  words: RPC_WORDS,
  seeds: requestTexts,
  async run(input) {
    let body = input
    try {
      body = utf8(signed(fromUtf8(input)))
    } catch {
      // No UTF-8: the node says so.
    }
    const answer = await node.ask('rpc', body)
    checkStatus(answer.status, answer.body)
    if (answer.contentType === 'application/json') must(isJsonObject(parseJson(fromUtf8(answer.body))), 'JSON is JSON')
    return answer.body
  },
  output: { base: 65_536, factor: 256 },
  steps: { base: 1_000_000, factor: 2000 },
}

/**
 * Behind a byte that says which route: the seed, announcements, onion requests; the last one is the plaintext of a layer,
 * sealed here with a key of its own, since no layer is opened twice.
 */
const ROUTES = ['onion', 'seed', 'announce', 'onion'] as const
const SEALED = 3
const publicRoutes: FuzzTarget = {
  name: 'node-public',
  sources: ['node/src/relay/relay.ts', 'node/src/directory/seed-rpc.ts', 'node/src/directory/directory-member.ts'],
  mutate: behindSelector((input, surroundings) => {
    const mutate = surroundings.dice.pick([mutateCombined, mutateJson, mutateBytes])
    return mutate(input, surroundings)
  }),
  words: [
    'jsonrpc',
    'method',
    'get_n_service_nodes',
    'get_service_nodes',
    'params',
    'id',
    'ephemeral_key',
    'destination',
  ],
  *seeds() {
    for (const payload of requestSeeds().slice(0, 6))
      yield concatBytes(Uint8Array.of(0), onionOf(utf8(JSON.stringify(payload))))
    const call = utf8('{"method":"info","params":{}}')
    for (const control of controls()) yield concatBytes(Uint8Array.of(SEALED), combine(call, utf8(control)))
    yield concatBytes(Uint8Array.of(1), utf8('{"jsonrpc":"2.0","id":"0","method":"get_n_service_nodes","params":{}}'))
    yield concatBytes(
      Uint8Array.of(2),
      signDescriptor(crypto, { descriptor: descriptorOf(2), secretKey: nodeKeys[2]!.secretKey }),
    )
  },
  async run(input) {
    const route = (input[0] ?? 0) % ROUTES.length
    const body = input.subarray(1)
    const answer = await node.ask(ROUTES[route]!, route === SEALED ? layerOf(body) : body)
    checkStatus(answer.status, answer.body)
    return answer.body
  },
  output: { base: 65_536, factor: 16 },
  steps: { base: 1_000_000, factor: 2000 },
}

function controls(): string[] {
  const keys = { ephemeral_key: 'a'.repeat(64), enc_type: 'xchacha20' }
  const server = { host: 'example.org', target: '/oxen/v4/lsrpc', port: 443, protocol: 'https' }
  return [
    { headers: '' },
    { headers: {}, json: true, base64: false },
    { destination: nodeIds[1], ...keys },
    server,
  ].map((control) => JSON.stringify(control))
}

let layers = 0
function layerOf(plaintext: Uint8Array): Uint8Array {
  const random = seededRandom(++layers)
  const client = crypto.x25519KeyPair(random(32))
  const nodeKey = crypto.ed25519ToX25519(nodeKeys[0]!.publicKey)
  const keys = { crypto, encType: 'xchacha20', clientKey: client.publicKey, nodeKey } as const
  const cipher = deriveLayerCipher({ ...keys, ownSecret: client.secretKey, other: nodeKey })
  const control = { ephemeral_key: toHex(client.publicKey), enc_type: 'xchacha20' }
  return combine(concatBytes(...sealWithCipher({ crypto, random }, cipher, plaintext)), utf8(JSON.stringify(control)))
}

function onionOf(payload: Uint8Array): Uint8Array {
  const { publicKey } = nodeKeys[0]!
  const hop = { nodeId: nodeIdOf(publicKey), x25519: crypto.ed25519ToX25519(publicKey) }
  using request = buildOnionRequest({
    crypto,
    random: seededRandom(4),
    path: [],
    destination: { kind: 'node', ...hop },
    payload,
    encType: 'xchacha20',
  })
  return request.body.slice()
}

/** A frame of a member of the swarm: its kind, then its payload. What is pushed must be verified. */
const peers: FuzzTarget = {
  name: 'node-peer',
  sources: ['node/src/storage/intake.ts', 'node/src/storage/storage-service.ts', 'protocol/src/rpc/member-requests.ts'],
  mutate: behindSelector((input, surroundings) =>
    (surroundings.dice.oneIn(2) ? mutateBytes : mutateBt)(input, surroundings),
  ),
  words: RPC_WORDS,
  *seeds() {
    for (const kind of Object.values(FrameKind)) yield Uint8Array.of(kind, 0, 0, 1)
    for (const request of requestSeeds()) {
      const parsed = parseRpcRequest(signed(JSON.stringify(request)))
      if (parsed.kind !== 'call') continue
      const { method } = parsed.call
      const params = encodeForward(methodOf<MethodName>(method), parsed.call.params)
      const forward = forwardRequest.encode({ version: 2, at: unixMillis(NOW), method, params })
      yield concatBytes(Uint8Array.of(FrameKind.forward), forward)
    }
    for (const transfer of transferSeeds()) yield concatBytes(Uint8Array.of(FrameKind.transfer), transfer)
    for (const [index, repair] of repairSeeds().entries())
      yield concatBytes(Uint8Array.of(FrameKind.digests + index), repair)
    const parsed = parseOnionBody(onionOf(utf8('{"method":"info","params":{}}')))
    if (parsed.kind === 'frame') yield concatBytes(Uint8Array.of(FrameKind.relay), encodeRelayFrame(parsed.frame))
    yield concatBytes(Uint8Array.of(FrameKind.publish), documentOf(3))
  },
  async run(input) {
    const reply = await node.askAsPeer(input[0] ?? 0, input.subarray(1))
    checkStatus(reply.status, reply.body)
    return reply.body
  },
  output: { base: 65_536, factor: 16 },
  steps: { base: 1_000_000, factor: 2000 },
}

/** A frame of a client over `/link`: its kind, then its payload. */
const clients: FuzzTarget = {
  name: 'node-link',
  sources: ['node/src/starling-node.ts'],
  mutate: behindSelector((input, surroundings) =>
    (surroundings.dice.oneIn(2) ? mutateJson : mutateBt)(input, surroundings),
  ),
  words: RPC_WORDS,
  *seeds() {
    for (const kind of Object.values(FrameKind)) yield Uint8Array.of(kind, 0x64, 0x65)
    for (const request of requestSeeds().slice(0, 4))
      yield concatBytes(Uint8Array.of(FrameKind.rpc), utf8(JSON.stringify(request)))
  },
  async run(input) {
    const reply = await node.askLink(input[0] ?? 0, input.subarray(1))
    checkStatus(reply.status, reply.body)
    return reply.body
  },
  output: { base: 65_536, factor: 256 },
  steps: { base: 1_000_000, factor: 2000 },
}

function checkStatus(status: number, body: Uint8Array): void {
  const failed = status === FAILED && isJsonObject(parseJson(fromUtf8(body)))
  must(failed || STATUSES.includes(status), `status ${status} is declared`)
}

export const nodeTargets: readonly FuzzTarget[] = [requests, publicRoutes, peers, clients]
