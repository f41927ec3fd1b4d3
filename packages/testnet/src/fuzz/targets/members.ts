/** What members of a swarm say to each other about what they hold: transfers and repair. The first byte chooses the form. */
import {
  type Codec,
  clientRequest,
  concatBytes,
  digestsReply,
  digestsRequest,
  encodeForward,
  fetchReply,
  fetchRequest,
  forwardRequest,
  listReply,
  listRequest,
  METHODS,
  methodOf,
  offerReply,
  offerRequest,
  parseOwner,
  parseRpcRequest,
  type TransferItem,
  transferReply,
  transferRequest,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { mustEqualBytes } from '../equal.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { behindSelector } from '../mutate-combined.ts'
import { alice, NOW, signed, toBeSigned } from '../people.ts'
import type { FuzzTarget } from '../target.ts'

const ID = new Uint8Array(16).fill(7)
const now = unixMillis(NOW)

const message = {
  kind: 'message',
  owner: parseOwner(alice.accountId),
  namespace: 0 as never,
  timestamp: now,
  expiry: unixMillis(NOW + 60_000),
  storedAt: now,
  authorisation: new Uint8Array(),
  data: utf8('hello'),
} satisfies TransferItem

/** A message that anybody could store, and a record that Alice has signed. */
export function transferSeeds(): Uint8Array[] {
  const items: TransferItem[] = [message, { kind: 'record', at: now, request: removal() }]
  return [items.slice(0, 1), items.slice(1), items].map((each) => transferRequest.encode({ version: 2, items: each }))
}

function removal(): Uint8Array {
  const params = { ...toBeSigned, messages: ['A'.repeat(43)] }
  const parsed = parseRpcRequest(signed(JSON.stringify({ method: METHODS.delete.name, params })))
  if (parsed.kind !== 'call' || parsed.call.method !== 'delete') throw new TypeError('a seed that cannot be read')
  return clientRequest.encode({ method: 'delete', params: encodeForward(methodOf('delete'), parsed.call.params) })
}

/** What a member asks to repair, in the order of the kinds of frames: digests, list, fetch, offer. */
export function repairSeeds(): Uint8Array[] {
  return [
    digestsRequest.encode({ version: 1, buckets: [{ bucket: 3, count: 2, digest: ID }] }),
    listRequest.encode({ version: 1, bucket: 3, after: ID }),
    fetchRequest.encode({ version: 1, bucket: 3, ids: [ID] }),
    offerRequest.encode({ version: 1, bucket: 3, items: [{ owner: message.owner, id: ID }] }),
  ]
}

const CODECS = [
  forwardRequest,
  clientRequest,
  transferRequest,
  transferReply,
  digestsRequest,
  digestsReply,
  listRequest,
  listReply,
  fetchRequest,
  fetchReply,
  offerRequest,
  offerReply,
] as unknown as readonly Codec<unknown>[]

const frames: FuzzTarget = {
  name: 'member-frame',
  sources: [
    'protocol/src/rpc/member-requests.ts',
    'protocol/src/rpc/repair-requests.ts',
    'protocol/src/codec/codec.ts',
  ],
  mutate: behindSelector(mutateBytes),
  words: ['\x01\0\x01', '\x02\0\x01', '\x02\0\0', 'delete'],
  *seeds() {
    const params = utf8('de')
    const forms = [
      forwardRequest.encode({ version: 2, at: now, method: 'store', params }),
      removal(),
      ...transferSeeds(),
      transferReply.encode([0, 1, 2]),
      ...repairSeeds(),
      digestsReply.encode([{ bucket: 3, count: 2 }]),
      listReply.encode({ ids: [ID], next: undefined }),
      fetchReply.encode({ served: 1, items: [message] }),
    ]
    for (const [index] of CODECS.entries()) for (const form of forms) yield concatBytes(Uint8Array.of(index), form)
  },
  run(input) {
    const codec = CODECS[(input[0] ?? 0) % CODECS.length]!
    const bytes = input.subarray(1)
    const value = codec.decode(bytes)
    mustEqualBytes(codec.encode(value), bytes, 'a frame has one form')
    return value
  },
  output: { base: 4096, factor: 32 },
}

export const memberTargets: readonly FuzzTarget[] = [frames]
