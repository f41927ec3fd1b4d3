import { test } from 'node:test'
import {
  clientRequest,
  deriveMessageHash,
  encodeForward,
  encodeStoreAuthorisation,
  FrameKind,
  methodOf,
  millis,
  parseNamespace,
  parseOwner,
  parseRpcRequest,
  type StoreParams,
  type TransferItem,
  toBase64,
  transferReply,
  transferRequest,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { expect } from 'expect'
import { crypto, Fixture, FixtureAccount, type FixtureNode, texts } from '../testing/fixture.ts'
import type { MessageItem } from './intake.ts'

const alice = new FixtureAccount(1)
const owner = parseOwner(alice.owner)
const DAY = 86_400_000
const NEVER = new AbortController().signal
const [STORED, REFUSED, LATER] = [0, 1, 2]

async function transfer(node: FixtureNode, from: FixtureNode, ...items: TransferItem[]): Promise<readonly number[]> {
  const payload = transferRequest.encode({ version: 2, items })
  const reply = await node.node.answerPeer(from.nodeId, FrameKind.transfer, payload, NEVER)
  expect(reply.status).toBe(200)
  return transferReply.decode(reply.body)
}

function callOf(method: string, params: object) {
  const request = parseRpcRequest(JSON.stringify({ method, params }))
  if (request.kind !== 'call') throw new Error(JSON.stringify(request))
  return request.call
}

function message(text: string, storedAt: number, change: Partial<MessageItem> = {}): MessageItem {
  return {
    kind: 'message',
    storedAt: unixMillis(storedAt),
    owner,
    namespace: parseNamespace(0),
    timestamp: unixMillis(storedAt),
    expiry: unixMillis(storedAt + DAY),
    authorisation: new Uint8Array(),
    data: utf8(text),
    ...change,
  }
}

/** A message of a private namespace, as it was authorised by these parameters of a store. */
function authorised(text: string, storedAt: number, proof: object, change: Partial<MessageItem> = {}): MessageItem {
  const params = { ...alice.store(storedAt, text, { namespace: 2 }), ...proof }
  const authorisation = encodeStoreAuthorisation(callOf('store', params).params as StoreParams)
  return message(text, storedAt, { namespace: parseNamespace(2), authorisation, ...change })
}

function record(method: string, at: number, params: object): TransferItem {
  const call = callOf(method, params)
  const request = clientRequest.encode({ method, params: encodeForward(methodOf(call.method), call.params as never) })
  return { kind: 'record', at: unixMillis(at), request }
}

const hashOf = (text: string, namespace = 0) => deriveMessageHash(crypto, owner, parseNamespace(namespace), utf8(text))
const deletion = (text: string, at: number) =>
  record('delete', at, { ...alice.proof(`delete${hashOf(text)}`), messages: [hashOf(text)] })
const deletionOfAll = (signedAt: number, at: number) =>
  record('delete_all', at, { ...alice.proof(`delete_all${signedAt}`), timestamp: signedAt })

/** A subaccount of Alice's that may write and delete. */
const helper = crypto.ed25519KeyPair(new Uint8Array(32).fill(77))
const token = Uint8Array.from([5, 1 | 2 | 4, 0, 0, ...helper.publicKey])
const helperProof = (text: string) => ({
  pubkey: alice.owner,
  pubkey_ed25519: alice.signingKey,
  subaccount: toBase64(token),
  subaccount_sig: toBase64(alice.keys.signing.secretKey.use((key) => crypto.ed25519Sign(key, token))),
  signature: toBase64(crypto.ed25519Sign(helper.secretKey, utf8(text))),
})
function revocation(method: 'revoke_subaccount' | 'unrevoke_subaccount', at: number): TransferItem {
  const signed = Buffer.concat([utf8(`${method}${at}`), token])
  const signature = toBase64(alice.keys.signing.secretKey.use((key) => crypto.ed25519Sign(key, signed)))
  const list = method === 'revoke_subaccount' ? { revoke: [toBase64(token)] } : { unrevoke: [toBase64(token)] }
  return record(method, at, { ...alice.proof(''), signature, timestamp: at, ...list })
}

async function pair(): Promise<{ fixture: Fixture; node: FixtureNode; from: FixtureNode; now: number }> {
  const fixture = await Fixture.create(2)
  const [node, from] = fixture.nodes as [FixtureNode, FixtureNode]
  return { fixture, node, from, now: fixture.clock.now() }
}

test('what members bring is verified message by message', async () => {
  const { fixture, node, from, now } = await pair()
  await using _ = fixture
  const yesterday = now - DAY
  const proof = alice.proof(`store2${yesterday}`)
  const until = { expiry: unixMillis(now + DAY) }
  const items = [
    message('moved', now),
    authorised('private', yesterday, proof, until),
    authorised('forged', now, { ...proof, timestamp: now }),
    message('unsigned', now, { namespace: parseNamespace(2) }),
    message('garbage', now, { namespace: parseNamespace(2), authorisation: utf8('garbage') }),
    message('expired', now, { expiry: unixMillis(now) }),
    message('for ever', now, { expiry: unixMillis(now + 4000 * DAY) }),
    message('extended', now - 50 * DAY, { expiry: unixMillis(now + 30 * DAY) }),
  ]
  const outcomes = [STORED, STORED, REFUSED, REFUSED, REFUSED, REFUSED, STORED, STORED]
  expect(await transfer(node, from, ...items)).toEqual(outcomes)
  expect(await texts(node, alice)).toEqual(['extended', 'moved', 'for ever'])
  expect(await texts(node, alice, 2)).toEqual(['private'])
  const held = await node.store.hashesOf(owner)
  expect(held.every(({ expiry }) => expiry <= now + 30 * DAY + 70_000)).toBe(true)
})

test('nothing is kept for an account of another swarm', async () => {
  await using fixture = await Fixture.create(2, ['0', '8000000000000000'])
  const now = fixture.clock.now()
  const [first] = fixture.nodes as [FixtureNode]
  const { swarm } = (await first.ask('get_swarm', { pubkey: alice.owner })).body
  const [member, stranger] = swarm === '0' ? fixture.nodes : fixture.nodes.toReversed()
  const outcomes = await transfer(stranger!, member!, message('x', now), deletion('y', now))
  expect(outcomes).toEqual([LATER, LATER])
  expect(await stranger!.store.stats()).toMatchObject({ messages: 0, records: 0 })
})

test('a deletion that a member brings deletes what was stored before it, and stays', async () => {
  const { fixture, node, from, now } = await pair()
  await using _ = fixture
  await transfer(node, from, message('old', now - 2000), message('again', now - 500), message('other', now - 2000))
  expect(await transfer(node, from, deletion('old', now - 1000), deletion('again', now - 1000))).toEqual([
    STORED,
    STORED,
  ])
  expect(await texts(node, alice)).toEqual(['other', 'again'])
  // Brought by a member that has not heard of the deletion.
  expect(await transfer(node, from, message('old', now - 2000))).toEqual([STORED])
  expect(await texts(node, alice)).toEqual(['other', 'again'])
  // Stored again by a client.
  await node.ask('store', alice.store(now, 'old'))
  expect(await texts(node, alice)).toEqual(['other', 'again', 'old'])
})

test('a deletion is worth as much as its signature and its time', async () => {
  const { fixture, node, from, now } = await pair()
  await using _ = fixture
  await transfer(node, from, message('kept', now - 5000))
  const bob = new FixtureAccount(2)
  const forged = { ...bob.proof(`delete${hashOf('kept')}`), pubkey: alice.owner, messages: [hashOf('kept')] }
  const others = record('delete', now, { ...forged, pubkey_ed25519: alice.signingKey })
  const asked = record('retrieve', now, { ...alice.proof(`retrieve${now}`), timestamp: now })
  const garbage: TransferItem = { kind: 'record', at: unixMillis(now), request: utf8('garbage') }
  expect(await transfer(node, from, others, asked, garbage)).toEqual([REFUSED, REFUSED, REFUSED])
  // An old request under a new time would delete what was stored since.
  expect(await transfer(node, from, deletionOfAll(now - 200_000, now))).toEqual([REFUSED])
  expect(await transfer(node, from, deletion('kept', now + 3_600_000))).toEqual([LATER])
  expect(await transfer(node, from, deletion('kept', now - 32 * DAY))).toEqual([REFUSED])
  expect(await texts(node, alice)).toEqual(['kept'])
  expect(await transfer(node, from, deletionOfAll(now - 2000, now))).toEqual([STORED])
  expect(await texts(node, alice)).toEqual([])
})

test('a member cannot bring back what was deleted under a time of its own making', async () => {
  const { fixture, node, from, now } = await pair()
  await using _ = fixture
  const stored = now - DAY
  const proof = alice.proof(`store2${stored}`)
  const item = authorised('secret', stored, proof, { expiry: unixMillis(now + DAY) })
  const gone = { ...alice.proof(`delete${hashOf('secret', 2)}`), messages: [hashOf('secret', 2)] }
  await transfer(node, from, item, record('delete', now - 1000, gone))
  expect(await transfer(node, from, { ...item, storedAt: unixMillis(now) })).toEqual([REFUSED])
  expect(await texts(node, alice, 2)).toEqual([])
})

test('a change of expiry is worth as much as its signature, and as the time that it names allows', async () => {
  const { fixture, node, from, now } = await pair()
  await using _ = fixture
  await transfer(node, from, message('x', now - 9000, { expiry: unixMillis(now + 5 * DAY) }))
  const expiry = async () => (await node.store.expiries(owner, [hashOf('x')])).get(hashOf('x'))! - now
  const change = (until: number, at: number, word = '', proof = (text: string): object => alice.proof(text)) =>
    record('expire', at, {
      ...proof(`expire${word}${until}${hashOf('x')}`),
      messages: [hashOf('x')],
      expiry: until,
      ...(word && { [word]: true }),
    })
  const all = (until: number, at: number) =>
    record('expire_all', at, { ...alice.proof(`expire_all${until}`), expiry: until })
  const bob = new FixtureAccount(2)
  const forged = (text: string) => ({ ...alice.proof(text), signature: bob.sign(text) })
  expect(await transfer(node, from, change(now + DAY, now - 5000, '', forged))).toEqual([REFUSED])
  // Nobody asks for a time that has long been over: it would delete, under a new time, what was extended since.
  const late = [change(now - 131_000, now), all(now - 131_000, now), change(now + DAY, now + 3_600_000)]
  expect(await transfer(node, from, ...late)).toEqual([REFUSED, REFUSED, LATER])
  expect(await expiry()).toBe(5 * DAY)
  expect(await transfer(node, from, change(now + 400 * DAY, now - 5000))).toEqual([STORED])
  expect(await expiry()).toBe(30 * DAY - 5000)
  expect(await transfer(node, from, all(now + 4 * DAY, now - 6000), change(now + 3 * DAY, now - 8000))).toEqual([
    STORED,
    STORED,
  ])
  expect(await expiry()).toBe(30 * DAY - 5000)
  expect(await transfer(node, from, all(now + 2 * DAY, now - 4000))).toEqual([STORED])
  expect(await expiry()).toBe(2 * DAY)
})

test('a subaccount that may not delete shortens nothing, whoever brings what it signed', async () => {
  const { fixture, node, from, now } = await pair()
  await using _ = fixture
  await transfer(node, from, message('x', now - 9000, { expiry: unixMillis(now + 5 * DAY) }))
  const writer = Uint8Array.from([5, 1 | 2, 0, 0, ...helper.publicKey])
  const request = (word: string, until: number, at: number) => {
    const text = `expire${word}${until}${hashOf('x')}`
    const sign = (bytes: Uint8Array) => alice.keys.signing.secretKey.use((key) => crypto.ed25519Sign(key, bytes))
    const proof = { ...helperProof(text), subaccount: toBase64(writer), subaccount_sig: toBase64(sign(writer)) }
    return record('expire', at, { ...proof, messages: [hashOf('x')], expiry: until, ...(word && { [word]: true }) })
  }
  expect(await transfer(node, from, request('shorten', now + DAY, now - 5000))).toEqual([REFUSED])
  expect(await transfer(node, from, request('', now + DAY, now - 4000))).toEqual([STORED])
  expect(await transfer(node, from, request('', now + 9 * DAY, now - 3000))).toEqual([STORED])
  const held = await node.store.expiries(owner, [hashOf('x')])
  expect(held.get(hashOf('x'))).toBe(now + 9 * DAY)
})

test('no member says that a message was stored later than now', async () => {
  const { fixture, node, from, now } = await pair()
  await using _ = fixture
  await transfer(node, from, message('from the future', now + 3_600_000))
  expect(await transfer(node, from, deletion('from the future', now + 70_000))).toEqual([STORED])
  expect(await texts(node, alice)).toEqual([])
})

test('what a subaccount did counts if it was not revoked by then', async () => {
  const { fixture, node, from, now } = await pair()
  await using _ = fixture
  const at = (time: number) => authorised(`at ${time - now}`, time, helperProof(`store2${time}`))
  await transfer(node, from, message('one', now - 9000), message('two', now - 9000))
  expect(await transfer(node, from, revocation('revoke_subaccount', now - 3000))).toEqual([STORED])
  expect(await transfer(node, from, at(now - 5000), at(now - 1000))).toEqual([STORED, REFUSED])
  const deleteBy = (text: string, time: number) =>
    record('delete', time, { ...helperProof(`delete${hashOf(text)}`), messages: [hashOf(text)] })
  expect(await transfer(node, from, deleteBy('one', now - 4000), deleteBy('two', now - 1000))).toEqual([
    STORED,
    REFUSED,
  ])
  expect(await texts(node, alice)).toEqual(['two'])
  expect(await transfer(node, from, revocation('unrevoke_subaccount', now - 500))).toEqual([STORED])
  expect(await transfer(node, from, at(now - 100))).toEqual([STORED])
  expect(await texts(node, alice, 2)).toEqual(['at -5000', 'at -100'])
})

test('a disk that fails, or an account that is full, takes it later', async () => {
  const { fixture, node, from, now } = await pair()
  await using _ = fixture
  node.disk.failWrites('full')
  expect(await transfer(node, from, message('x', now))).toEqual([LATER])
  node.disk.failWrites('io')
  expect(await transfer(node, from, message('x', now), deletion('y', now))).toEqual([LATER, LATER])
  node.disk.failWrites(undefined)
  expect(await transfer(node, from, message('x', now))).toEqual([STORED])
})

test('who has left the directory may still hand over, and nothing else', async () => {
  await using fixture = new Fixture(2)
  const [node, gone] = fixture.nodes as [FixtureNode, FixtureNode]
  await fixture.start(node)
  await fixture.publish(
    fixture.form([
      [node, '0'],
      [gone, '0'],
    ]),
  )
  await fixture.publish(fixture.form([[node, '0']]))
  const now = fixture.clock.now()
  expect(await transfer(node, gone, message('last', now))).toEqual([STORED])
  for (const kind of [FrameKind.forward, FrameKind.digests, FrameKind.list, FrameKind.fetch, FrameKind.relay]) {
    expect(await node.node.answerPeer(gone.nodeId, kind, utf8('x'), NEVER)).toMatchObject({ status: 403 })
  }
  node.clock.offset = millis(8 * DAY)
  const late = transferRequest.encode({ version: 2, items: [message('late', node.clock.now())] })
  expect(await node.node.answerPeer(gone.nodeId, FrameKind.transfer, late, NEVER)).toMatchObject({ status: 403 })
})
