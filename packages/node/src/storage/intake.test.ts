import { test } from 'node:test'
import {
  encodeStoreAuthorisation,
  FrameKind,
  fromBase64,
  parseNamespace,
  parseOwner,
  type Signature,
  type TransferItem,
  transferReply,
  transferRequest,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { expect } from 'expect'
import { Fixture, FixtureAccount, type FixtureNode, texts } from '../testing/fixture.ts'

type MessageItem = TransferItem & { readonly kind: 'message' }

const alice = new FixtureAccount(1)
const DAY = 86_400_000
const NEVER = new AbortController().signal

async function transfer(
  node: FixtureNode,
  from: FixtureNode,
  items: readonly TransferItem[],
): Promise<readonly number[]> {
  const payload = transferRequest.encode({ version: 2, items })
  const reply = await node.node.answerPeer(from.nodeId, FrameKind.transfer, payload, NEVER)
  expect(reply.status).toBe(200)
  return transferReply.decode(reply.body)
}

test('what members bring is verified message by message', async () => {
  await using fixture = await Fixture.create(3, ['0', '0', '8000000000000000'])
  const [first, second, third] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode]
  const { swarm } = (await first.ask('get_swarm', { pubkey: alice.owner })).body
  const [node, from, stranger] = swarm === '0' ? [first, second, third] : [third, first, second]
  const now = fixture.clock.now()
  const item = (change: Partial<MessageItem> = {}): MessageItem => ({
    kind: 'message',
    storedAt: now,
    owner: parseOwner(alice.owner),
    namespace: parseNamespace(0),
    timestamp: now,
    expiry: unixMillis(now + DAY),
    authorisation: new Uint8Array(),
    data: utf8('moved'),
    ...change,
  })
  const proof = (text: string, signedAt: number) =>
    encodeStoreAuthorisation({
      ...item({ namespace: parseNamespace(2) }),
      signedAt: unixMillis(signedAt),
      auth: {
        signature: fromBase64(alice.sign(text)) as Signature,
        signingKey: alice.keys.signing.publicKey,
        subaccount: undefined,
      },
    })
  const items = [
    item(),
    item({
      data: utf8('private'),
      namespace: parseNamespace(2),
      authorisation: proof(`store2${now - DAY}`, now - DAY),
    }),
    item({ data: utf8('forged'), namespace: parseNamespace(2), authorisation: proof(`store2${now}`, now - DAY) }),
    item({ data: utf8('unsigned'), namespace: parseNamespace(2) }),
    item({ data: utf8('garbage'), namespace: parseNamespace(2), authorisation: utf8('garbage') }),
    item({ data: utf8('expired'), expiry: now }),
    item({ data: utf8('for ever'), expiry: unixMillis(now + 4000 * DAY) }),
    item({ data: utf8('extended'), timestamp: unixMillis(now - 50 * DAY), expiry: unixMillis(now + 30 * DAY) }),
  ]
  expect(await transfer(node, from, items)).toEqual([0, 0, 1, 1, 1, 1, 0, 0])
  expect(await texts(node, alice)).toEqual(['moved', 'for ever', 'extended'])
  expect(await texts(node, alice, 2)).toEqual(['private'])
  expect((await node.store.hashesOf(parseOwner(alice.owner))).every(({ expiry }) => expiry <= now + 30 * DAY)).toBe(
    true,
  )
  if (stranger === third) expect(await transfer(third, first, [item()])).toEqual([2])
})
