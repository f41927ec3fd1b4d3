/** Faults that storage servers are known to have had, each as the behaviour that shows that it is not here. */
import { test } from 'node:test'
import { FrameKind, fromBase64, parseOwner, toBase64, utf8 } from '@starling/protocol'
import { expect } from 'expect'
import { FLAGS, isSigned, Swarm } from '../testing/conformance.ts'
import { type FixtureNode, pass, texts } from '../testing/fixture.ts'
import { sortedTexts } from './sorted.ts'

const DAY = 86_400_000

/** What every member has, in the order of the text. */
async function everywhere(swarm: Swarm, namespace = 0): Promise<string[][]> {
  const all = await Promise.all(swarm.members.map((member) => texts(member, swarm.alice, namespace)))
  return all.map(sortedTexts)
}

const thrice = <T>(item: T): T[] => [item, item, item]

/** One member hears nothing, and answers nothing, while `work` is done. */
async function without(swarm: Swarm, absent: FixtureNode, work: () => Promise<unknown>): Promise<void> {
  swarm.fixture.wire = ({ from, to }) => (from === absent || to === absent ? 'unreachable' : undefined)
  await work()
  swarm.fixture.wire = () => undefined
}

test('a member that gets messages from another one keeps them in their own namespaces', async () => {
  await using swarm = await Swarm.create()
  const absent = swarm.members[2]!
  const namespaces = [0, 2, 3, 5, 10, -10, -1]
  await without(swarm, absent, async () => {
    for (const namespace of namespaces) {
      const proof = swarm.alice.proof(`store${namespace || ''}${swarm.now}`)
      await swarm.ask('store', swarm.alice.store(swarm.now, `in ${namespace}`, { namespace, ...proof }))
    }
  })
  await pass(swarm.fixture, 60_000)
  for (const namespace of namespaces) expect(await texts(absent, swarm.alice, namespace)).toEqual([`in ${namespace}`])
})

test('a member that missed a store gets it when it is back, and a member that missed a deletion too', async () => {
  await using swarm = await Swarm.create()
  const absent = swarm.members[2]!
  const [hash] = await swarm.store(['deleted', 'kept'])
  await without(swarm, absent, async () => {
    await swarm.store(['new'])
    await swarm.ask('delete', { ...swarm.alice.proof(`delete${hash}`), messages: [hash] })
  })
  expect(sortedTexts(await texts(absent, swarm.alice))).toEqual(['deleted', 'kept'])
  await pass(swarm.fixture, 60_000)
  expect(await everywhere(swarm)).toEqual(thrice(['kept', 'new']))
})

test('what was deleted does not come back from a member that missed the deletion and hands on what it has', async () => {
  await using swarm = await Swarm.create()
  const [first, , absent] = swarm.members as [FixtureNode, FixtureNode, FixtureNode]
  await swarm.store(['deleted'])
  await swarm.fixture.stop(absent)
  await swarm.ask('delete_all', { ...swarm.alice.proof(`delete_all${swarm.now}`), timestamp: swarm.now })
  // The hints of the deletion are gone: what remains is that members compare what they have.
  for (const { store } of swarm.members) if (store !== absent.store) await store.dropHintsOf(absent.nodeId)
  await swarm.fixture.start(absent)
  await pass(swarm.fixture, 20 * 60_000)
  expect(await everywhere(swarm)).toEqual(thrice([]))
  expect(await first.store.stats()).toMatchObject({ messages: 0 })
})

test('what expired before its time does not come back from a member that did not know', async () => {
  await using swarm = await Swarm.create()
  const absent = swarm.members[2]!
  const [hash] = await swarm.store(['one', 'two'])
  await without(swarm, absent, async () => {
    const until = swarm.now + 5_000
    const shorter = { messages: [hash], expiry: until, shorten: true }
    await swarm.ask('expire', { ...swarm.alice.proof(`expireshorten${until}${hash}`), ...shorter })
    await pass(swarm.fixture, 100_000)
    const now = swarm.now
    await swarm.ask('expire_all', { ...swarm.alice.proof(`expire_all${now}`), expiry: now })
    await pass(swarm.fixture, 100_000)
  })
  expect(await absent.store.stats()).toMatchObject({ messages: 2 })
  await pass(swarm.fixture, 20 * 60_000)
  for (const { store } of swarm.members) expect(await store.stats()).toMatchObject({ messages: 0, hints: 0 })
})

test('an outbox takes a new message also where the old one was all that the account had', async () => {
  await using swarm = await Swarm.create()
  const { alice, now } = swarm
  for (const [index, text] of ['one', 'two', 'three'].entries()) {
    const timestamp = now + index
    const proof = alice.proof(`store-21${timestamp}`)
    const { status, body } = await swarm.ask('store', alice.store(timestamp, text, { namespace: -21, ...proof }))
    expect(status).toBe(200)
    for (const { nodeId } of swarm.members) expect(body.swarm[nodeId]).toMatchObject({ hash: body.hash })
    expect(await everywhere(swarm, -21)).toEqual(thrice([text]))
  }
})

const revocation = (swarm: Swarm, key: 'revoke' | 'unrevoke', tokens: readonly Uint8Array[]) => ({
  ...swarm.group().proof(`${key}_subaccount${swarm.now}`, ...tokens),
  timestamp: swarm.now,
  [key]: tokens.map(toBase64),
})

/** The status that a subaccount with that token gets for a retrieve from each member. */
async function statuses(swarm: Swarm, flags: number): Promise<number[]> {
  const params = {
    ...swarm.group().memberProof(flags, `retrieve11${swarm.now}`),
    namespace: 11,
    timestamp: swarm.now,
  }
  return Promise.all(swarm.members.map(async (member) => (await swarm.ask('retrieve', params, 'json', member)).status))
}

test('an account without messages can revoke one token, or several', async () => {
  await using swarm = await Swarm.create()
  const group = swarm.group()
  expect(await swarm.ask('revoke_subaccount', revocation(swarm, 'revoke', [group.token(1)]))).toMatchObject({
    status: 200,
  })
  const two = [group.token(3), group.token(7)]
  expect(await swarm.ask('revoke_subaccount', revocation(swarm, 'revoke', two))).toMatchObject({ status: 200 })
  for (const flags of [1, 3, 7]) expect(await statuses(swarm, flags)).toEqual(thrice(401))
  expect(await statuses(swarm, FLAGS.read | FLAGS.delete)).toEqual(thrice(200))
})

test('a revocation outlives the last message of its account', async () => {
  await using swarm = await Swarm.create()
  const group = swarm.group()
  const store = { pubkey: group.owner, timestamp: swarm.now, ttl: 10_000, data: toBase64(utf8('last')) }
  await swarm.ask('store', store)
  await swarm.ask('revoke_subaccount', revocation(swarm, 'revoke', [group.token(3)]))
  const deletion = { ...group.proof(`delete_all${swarm.now}`), timestamp: swarm.now }
  await swarm.ask('delete_all', deletion)
  expect(await statuses(swarm, 3)).toEqual(thrice(401))
  await swarm.ask('store', { ...store, data: toBase64(utf8('expires')) })
  await pass(swarm.fixture, 60_000)
  for (const { store } of swarm.members) expect(await store.stats()).toMatchObject({ messages: 0 })
  expect(await statuses(swarm, 3)).toEqual(thrice(401))
})

test('a revocation reaches a member that is new to the swarm', async () => {
  await using swarm = await Swarm.create()
  const group = swarm.group()
  await swarm.ask('revoke_subaccount', revocation(swarm, 'revoke', [group.token(3)]))
  const newcomer = swarm.strangers[0]!
  const { fixture } = swarm
  const ours = swarm.members.map((member): [FixtureNode, string] => [member, idOf(swarm)])
  const others = swarm.strangers.slice(1).map((node): [FixtureNode, string] => [node, otherId(swarm)])
  await fixture.publish(fixture.form([...ours, [newcomer, idOf(swarm)], ...others]))
  await pass(fixture, 60_000)
  const params = { ...group.memberProof(3, `retrieve11${swarm.now}`), namespace: 11, timestamp: swarm.now }
  expect(await swarm.ask('retrieve', params, 'json', newcomer)).toMatchObject({ status: 401 })
  expect(await newcomer.store.revokedTokens(parseOwner(group.owner))).toMatchObject({ size: 1 })
})

function idOf(swarm: Swarm): string {
  return swarm.members.includes(swarm.fixture.nodes[0]!) ? '0' : '8000000000000000'
}

function otherId(swarm: Swarm): string {
  return idOf(swarm) === '0' ? '8000000000000000' : '0'
}

test('delete_before of all namespaces deletes and lists what it deleted, by namespace', async () => {
  await using swarm = await Swarm.create()
  const [zero] = await swarm.store(['zero'])
  const [ten] = await swarm.store(['ten'], { namespace: 10 })
  await swarm.store(['later'], { timestamp: swarm.now + 1000 })
  const params = { ...swarm.alice.proof(`delete_beforeall${swarm.now}`), before: swarm.now, namespace: 'all' }
  const { status, body } = await swarm.ask('delete_before', params)
  expect(status).toBe(200)
  for (const member of swarm.members) {
    const { deleted, signature } = body.swarm[member.nodeId]
    expect(deleted).toEqual({ 0: [zero], 10: [ten] })
    const signed = `${swarm.alice.owner}${swarm.now}${sortedTexts([zero!, ten!]).join('')}`
    expect(isSigned(member, signed, signature)).toBe(true)
  }
  expect(await everywhere(swarm)).toEqual(thrice(['later']))
})

test('an answer that every member failed is 500, whatever the method', async () => {
  await using swarm = await Swarm.create()
  const [hash] = await swarm.store(['x'])
  for (const { disk } of swarm.members) disk.failWrites('io')
  const { alice, now } = swarm
  const requests: [string, object][] = [
    ['store', alice.store(now, 'y')],
    ['delete', { ...alice.proof(`delete${hash}`), messages: [hash] }],
    ['delete', { ...alice.proof(`delete${hash}`), messages: [hash], required: true }],
    ['delete_all', { ...alice.proof(`delete_all${now}`), timestamp: now }],
    ['expire', { ...alice.proof(`expire${now + DAY}${hash}`), messages: [hash], expiry: now + DAY }],
  ]
  for (const [method, params] of requests) {
    const { status, body } = await swarm.ask(method, params)
    expect([method, status]).toEqual([method, 500])
    expect(Object.keys(body.swarm)).toHaveLength(3)
  }
})

test('a deletion that has to find something counts members that did it, and looks at no others', async () => {
  await using swarm = await Swarm.create()
  const [hash] = await swarm.store(['x'])
  const params = { ...swarm.alice.proof(`delete${hash}`), messages: [hash], required: true }
  const [first, second, third] = swarm.members as [FixtureNode, FixtureNode, FixtureNode]
  swarm.fixture.wire = ({ to, kind }) =>
    kind === FrameKind.forward && to === second ? { status: 200, body: utf8('?') } : undefined
  first.disk.failWrites('io')
  const found = await swarm.ask('delete', params)
  expect(found.status).toBe(200)
  expect(found.body.swarm[first.nodeId]).toMatchObject({ failed: true })
  expect(found.body.swarm[second.nodeId]).toMatchObject({ failed: true })
  expect(found.body.swarm[third.nodeId]).toMatchObject({ deleted: [hash] })
  first.disk.failWrites(undefined)
  expect((await swarm.ask('delete', params)).status).toBe(200)
  expect((await swarm.ask('delete', params)).status).toBe(404)
})

test('a signature without its time is refused as incomplete', async () => {
  await using swarm = await Swarm.create()
  for (const text of ['retrieve', `retrieve${swarm.now}`]) {
    expect(await swarm.ask('retrieve', swarm.alice.proof(text))).toEqual({
      status: 400,
      body: "invalid request: Required field 'timestamp' missing",
    })
  }
})

test('a node that was off while the swarms changed still hands on what the new member lacks', async () => {
  await using swarm = await Swarm.create()
  const { fixture } = swarm
  const [keeper, ...rest] = swarm.members as [FixtureNode, FixtureNode, FixtureNode]
  await swarm.store(['kept'])
  await fixture.stop(keeper)
  // Everybody else of the swarm is replaced meanwhile, by nodes that have never heard of the message.
  const document = fixture.form([
    [keeper, idOf(swarm)],
    ...swarm.strangers.slice(0, 2).map((node): [FixtureNode, string] => [node, idOf(swarm)]),
    [swarm.strangers[2]!, otherId(swarm)],
  ])
  for (const node of rest) await fixture.stop(node)
  await fixture.publish(document)
  await fixture.start(keeper)
  await fixture.publish(document)
  await pass(fixture, 10 * 60_000)
  for (const node of swarm.strangers.slice(0, 2)) expect(await texts(node, swarm.alice)).toEqual(['kept'])
})

test('swarms are the same whoever computes them: a directory document names them', async () => {
  await using swarm = await Swarm.create()
  const answers = await Promise.all(
    swarm.fixture.nodes.map((node) => swarm.ask('get_swarm', { pubkey: swarm.alice.owner }, 'json', node)),
  )
  for (const { body } of answers) expect(body).toEqual(answers[0]!.body)
})

test('a key of a request that is misspelt is no key: what was signed with it does not hold', async () => {
  await using swarm = await Swarm.create()
  const [hash] = await swarm.store(['x'])
  const until = swarm.now + 2 * DAY
  const params = { ...swarm.alice.proof(`expireextend${until}${hash}`), messages: [hash], expiry: until }
  expect(await swarm.ask('expire', { ...params, extends: true })).toEqual({
    status: 401,
    body: 'expire: signature verification failed',
  })
  const { status, body } = await swarm.ask('expire', { ...params, extend: true, extends: true })
  expect(status).toBe(200)
  expect(body.swarm[swarm.node.nodeId]).toMatchObject({ updated: [hash], unchanged: {} })
  expect(fromBase64(body.swarm[swarm.node.nodeId].signature)).toHaveLength(64)
})
