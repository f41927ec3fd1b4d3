import { test } from 'node:test'
import {
  DirectoryView,
  decodeDocument,
  decodeMonitorAnswer,
  decodeMonitorEnd,
  decodeMonitorPush,
  deriveAccountKeys,
  deriveMessageHash,
  encodeMonitorRequest,
  FrameKind,
  fromUtf8,
  type MonitorParams,
  minutes,
  type Owner,
  ownerSigner,
  parseAccountSeed,
  parseNamespace,
  parseOwner,
  type Signer,
  type SubaccountToken,
  seconds,
  signMonitor,
  toHex,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { LinkError, type LinkReply, MutableObservable, TaskGroup } from '@starling/runtime'
import { memoryLogger, settle, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import type { LinkPeer } from '../ports.ts'
import { crypto, Fixture } from '../testing/fixture.ts'
import { type SubscriptionLimits, Subscriptions } from './subscriptions.ts'

const START = unixMillis(1_700_000_000_000)
const OK: LinkReply = { status: 200, body: new Uint8Array() }
const LIMITS: SubscriptionLimits = {
  total: 1_000,
  perLink: 100,
  perOwner: 100,
  pushesPerLink: 100,
  bytesPerLink: 1_000_000,
  bytes: 1_000_000,
}

/** A client that reads what is pushed. */
class Client implements LinkPeer {
  readonly pushed: { kind: number; payload: Uint8Array }[] = []
  readonly #closed = Promise.withResolvers<void>()
  readonly closed = this.#closed.promise
  answer: (payload: Uint8Array) => Promise<LinkReply> = async () => OK

  async request(kind: number, payload: Uint8Array): Promise<LinkReply> {
    this.pushed.push({ kind, payload })
    return this.answer(payload)
  }

  close(): void {
    this.#closed.resolve()
  }

  /** The texts of messages, and the codes with which subscriptions ended; each once. */
  get heard(): (string | number)[] {
    return this.pushed.splice(0).map(({ kind, payload }) => {
      if (kind === FrameKind.monitorEnd) return decodeMonitorEnd(payload).code
      const { data, hash } = decodeMonitorPush(payload)
      return data ? fromUtf8(data) : hash.slice(0, 4)
    })
  }
}

type Account = { readonly owner: Owner; readonly signer: Signer }

function account(number: number): Account {
  const keys = deriveAccountKeys(crypto, parseAccountSeed(new Uint8Array(16).fill(number)))
  const signer = keys.signing.secretKey.use((key) => ownerSigner(crypto, key.slice() as typeof key, { account: true }))
  return { owner: parseOwner(keys.accountId), signer }
}

const group = crypto.ed25519KeyPair(new Uint8Array(32).fill(60))
const groupOwner = parseOwner(`03${toHex(group.publicKey)}`)

/** Who may read the group, by a token of its own. */
function memberOfGroup(number: number): Account & { readonly token: SubaccountToken } {
  const keys = crypto.ed25519KeyPair(new Uint8Array(32).fill(number))
  const token = new Uint8Array([3, 1, 0, 0, ...keys.publicKey]) as SubaccountToken
  const subaccount = { token, signature: crypto.ed25519Sign(group.secretKey, token) }
  const sign: Signer['sign'] = (bytes) => crypto.ed25519Sign(keys.secretKey, bytes)
  return { owner: groupOwner, token, signer: { signingKey: undefined, subaccount, sign } }
}

function create(limits: Partial<SubscriptionLimits> = {}) {
  const fixture = new Fixture(2)
  const [own, other] = fixture.nodes
  const viewOf = (...swarms: string[]) =>
    new DirectoryView(
      decodeDocument(fixture.form([[own!, swarms[0] ?? '0'], ...(swarms[1] ? [[other!, swarms[1]] as const] : [])])),
    )
  const clock = new VirtualClock({ start: START })
  const view = new MutableObservable<DirectoryView | undefined>(viewOf())
  const revoked = new Set<string>()
  const subscriptions = new Subscriptions({
    nodeId: own!.nodeId,
    crypto,
    clock,
    view,
    logger: memoryLogger(),
    isRevoked: async (_owner, token) => revoked.has(toHex(token)),
    limits: { ...LIMITS, ...limits },
  })
  const tasks = new TaskGroup({ onFailure: (_task, error) => Promise.reject(error) })
  return {
    clock,
    view,
    viewOf,
    revoked,
    subscriptions,
    run: () => tasks.run('subscriptions', (signal) => subscriptions.run(signal)),
    async subscribe(client: Client, ...asked: MonitorParams[]): Promise<number[]> {
      const request = encodeMonitorRequest(asked.length === 1 ? asked[0]! : asked)
      const { status, body } = await subscriptions.answer(client, request)
      expect(status).toBe(200)
      return decodeMonitorAnswer(body).map((outcome) => (outcome.kind === 'subscribed' ? 0 : outcome.code))
    },
    store(owner: Owner, text: string, namespace = 0): void {
      const data = utf8(text)
      const place = parseNamespace(namespace)
      const hash = deriveMessageHash(crypto, owner, place, data)
      subscriptions.stored({ owner, namespace: place, hash, timestamp: START, expiry: START, data })
    },
    [Symbol.asyncDispose]: () => tasks[Symbol.asyncDispose](),
  }
}

/** A signed subscription, with data. */
function asks({ owner, signer }: Account, namespaces: number[], change: Partial<MonitorParams> = {}): MonitorParams {
  const asked = { owner, namespaces: namespaces.map(parseNamespace), withData: true, timestampSeconds: START / 1000 }
  return signMonitor({ ...asked, ...change }, signer)
}

const alice = account(1)
const bob = account(2)

test('a message is told to who subscribed to its owner and namespace, with data only if that was asked for', async () => {
  await using node = create()
  const [first, second] = [new Client(), new Client()]
  expect(await node.subscribe(first, asks(alice, [0, 2]), asks(bob, [5]))).toEqual([0, 0])
  expect(await node.subscribe(second, asks(alice, [0], { withData: false }))).toEqual([0])
  node.store(alice.owner, 'one')
  node.store(alice.owner, 'two', 2)
  node.store(alice.owner, 'three', 3)
  node.store(bob.owner, 'four')
  node.store(bob.owner, 'five', 5)
  expect(first.heard).toEqual(['one', 'two', 'five'])
  const [push] = second.pushed
  expect(second.pushed).toHaveLength(1)
  expect(decodeMonitorPush(push!.payload)).toEqual({
    owner: alice.owner,
    hash: deriveMessageHash(crypto, alice.owner, parseNamespace(0), utf8('one')),
    namespace: 0,
    timestamp: START,
    expiry: START,
    data: undefined,
  })
})

test('repeating renews: namespaces add up, and data stays wanted', async () => {
  await using node = create()
  const client = new Client()
  await node.subscribe(client, asks(alice, [0]))
  await node.clock.advance(minutes(64))
  await node.subscribe(client, asks(alice, [2], { withData: false }))
  expect(node.subscriptions.count).toBe(1)
  await node.clock.advance(minutes(64))
  node.store(alice.owner, 'one')
  node.store(alice.owner, 'two', 2)
  expect(client.heard).toEqual(['one', 'two'])
})

test('a subscription is silent after 65 minutes, and what it had does not come back with a new one', async () => {
  await using node = create()
  const client = new Client()
  await node.subscribe(client, asks(alice, [0]))
  await node.clock.advance(minutes(65))
  node.store(alice.owner, 'too late')
  await node.subscribe(client, asks(alice, [2]))
  node.store(alice.owner, 'not asked for')
  node.store(alice.owner, 'one', 2)
  expect(client.heard).toEqual(['one'])
  expect(node.subscriptions.count).toBe(1)
})

test('who does not renew is forgotten a minute later at most', async () => {
  await using node = create()
  node.run()
  await node.subscribe(new Client(), asks(alice, [0]))
  await node.clock.advance(minutes(64))
  expect(node.subscriptions.count).toBe(1)
  await node.clock.advance(minutes(3))
  expect(node.subscriptions.count).toBe(0)
})

test('when the link closes, its subscriptions are gone', async () => {
  await using node = create()
  const [client, other] = [new Client(), new Client()]
  await node.subscribe(client, asks(alice, [0]), asks(bob, [0]))
  await node.subscribe(other, asks(alice, [0]))
  client.close()
  await settle()
  expect(node.subscriptions.count).toBe(1)
  node.store(alice.owner, 'one')
  expect(client.heard).toEqual([])
  expect(other.heard).toEqual(['one'])
  // And so are those that a request leaves which was under way then.
  await node.subscribe(client, asks(alice, [0]))
  await settle()
  expect(node.subscriptions.count).toBe(1)
})

test('wrong time, signature and swarm are refused with their codes, in this order', async () => {
  await using node = create()
  const client = new Client()
  const forged = { ...asks(alice, [0]), auth: asks(bob, [0]).auth }
  const payload = encodeMonitorRequest({ ...forged, auth: { ...forged.auth, signingKey: alice.signer.signingKey } })
  const answer = decodeMonitorAnswer((await node.subscriptions.answer(client, payload)).body)
  expect(answer).toMatchObject([{ kind: 'refused', code: 5 }])
  expect(await node.subscribe(client, asks(alice, [0], { timestampSeconds: START / 1000 + 86_401 }))).toEqual([4])
  expect(await node.subscribe(client, asks(alice, [0], { timestampSeconds: START / 1000 - 14 * 86_400 - 1 }))).toEqual([
    4,
  ])
  const garbage = decodeMonitorAnswer((await node.subscriptions.answer(client, utf8('what'))).body)
  expect(garbage).toMatchObject([{ code: 1 }])
  node.view.set(node.viewOf('4000000000000000', '0'))
  const owners = [1, 2, 3, 4, 5, 6, 7, 8].map(account)
  const codes = await node.subscribe(client, ...owners.map((owner) => asks(owner, [0])))
  expect(new Set(codes)).toEqual(new Set([0, 6]))
  const elsewhere = owners[codes.indexOf(6)]!
  const { body } = await node.subscriptions.answer(client, encodeMonitorRequest(asks(elsewhere, [0])))
  expect(decodeMonitorAnswer(body)).toMatchObject([{ code: 6, swarm: { swarm: 0n, nodes: [{ ip: '192.0.2.2' }] } }])
})

test('an account that moves to another swarm ends the subscription and says where it went', async () => {
  await using node = create()
  node.run()
  const client = new Client()
  const owners = [1, 2, 3, 4, 5, 6, 7, 8].map(account)
  await node.subscribe(client, ...owners.map((owner) => asks(owner, [0])))
  const next = node.viewOf('4000000000000000', '0')
  node.view.set(next)
  await node.clock.advance(seconds(1))
  const ends = client.pushed.map(({ payload }) => decodeMonitorEnd(payload))
  expect(ends.length).toBeGreaterThan(0)
  expect(node.subscriptions.count).toBe(owners.length - ends.length)
  for (const end of ends) expect(end).toMatchObject({ code: 6, swarm: { swarm: 0n } })
  for (const { owner } of ends) node.store(owner, 'not told')
  expect(client.heard).toEqual(ends.map(() => 6))
})

test('a token that is revoked ends what it was used for, and subscribes to nothing any more', async () => {
  await using node = create()
  const [first, second] = [new Client(), new Client()]
  const [carol, dave] = [memberOfGroup(61), memberOfGroup(62)]
  expect(await node.subscribe(first, asks(carol, [11, 13]))).toEqual([0])
  expect(await node.subscribe(second, asks(dave, [11]))).toEqual([0])
  node.store(groupOwner, 'one', 11)
  node.revoked.add(toHex(carol.token))
  node.subscriptions.revoked(groupOwner, [carol.token])
  node.store(groupOwner, 'two', 11)
  expect(first.heard).toEqual(['one', 5])
  expect(second.heard).toEqual(['one', 'two'])
  expect(await node.subscribe(first, asks(carol, [11]))).toEqual([5])
  // What tells the revoked that they are can still be read.
  expect(await node.subscribe(first, asks(carol, [-11]))).toEqual([0])
  node.subscriptions.revoked(groupOwner, [carol.token])
  node.store(groupOwner, 'three', -11)
  expect(first.heard).toEqual(['three'])
})

test('a revocation that comes while a request is looked at counts', async () => {
  await using node = create()
  const carol = memberOfGroup(61)
  const client = new Client()
  const asking = node.subscribe(client, asks(carol, [11]))
  node.revoked.add(toHex(carol.token))
  node.subscriptions.revoked(groupOwner, [carol.token])
  expect(await asking).toEqual([5])
})

test('one link with two rights to a message hears of it once', async () => {
  await using node = create()
  const client = new Client()
  await node.subscribe(client, asks(memberOfGroup(61), [11], { withData: false }), asks(memberOfGroup(62), [11, 13]))
  expect(node.subscriptions.count).toBe(2)
  node.store(groupOwner, 'one', 11)
  expect(client.heard).toEqual(['one'])
})

test('beyond the bounds nobody subscribes, and who has a subscription can still renew it', async () => {
  for (const limits of [{ total: 1 }, { perLink: 1 }]) {
    await using node = create(limits)
    const client = new Client()
    expect(await node.subscribe(client, asks(alice, [0]), asks(bob, [0]), asks(alice, [2]))).toEqual([0, 7, 0])
    client.close()
    await settle()
    expect(await node.subscribe(new Client(), asks(bob, [0]))).toEqual([0])
  }
  await using node = create({ perOwner: 1 })
  await node.subscribe(new Client(), asks(alice, [0]))
  expect(await node.subscribe(new Client(), asks(alice, [0]), asks(bob, [0]))).toEqual([7, 0])
})

test('a link that does not say that pushes have come loses its subscriptions, and nothing piles up', async () => {
  for (const limits of [{ pushesPerLink: 3 }, { bytesPerLink: 500 }, { bytes: 500 }]) {
    await using node = create(limits)
    const client = new Client()
    const { promise, resolve } = Promise.withResolvers<LinkReply>()
    client.answer = () => promise
    await node.subscribe(client, asks(alice, [0]), asks(bob, [0]))
    for (let number = 0; number < 20; number++) node.store(alice.owner, `message ${number}`)
    expect(client.heard).toEqual(['message 0', 'message 1', 'message 2', 8, 8])
    expect(node.subscriptions.count).toBe(0)
    // Subscribing again makes no room.
    await node.subscribe(client, asks(alice, [0]))
    node.store(alice.owner, 'no room')
    expect(client.heard).toEqual([8])
    resolve(OK)
    await settle()
    await node.subscribe(client, asks(alice, [0]))
    node.store(alice.owner, 'room again')
    expect(client.heard).toEqual(['room again'])
  }
})

test('a link that is too full or too slow for a push loses its subscriptions', async () => {
  for (const code of ['overloaded', 'timeout'] as const) {
    await using node = create()
    const client = new Client()
    client.answer = () => Promise.reject(new LinkError(code))
    await node.subscribe(client, asks(alice, [0]))
    node.store(alice.owner, 'one')
    await settle()
    expect(client.heard).toEqual(['one', 8])
    expect(node.subscriptions.count).toBe(0)
  }
})

test('a client that does not know pushes is not told anything more', async () => {
  await using node = create()
  const client = new Client()
  client.answer = async () => ({ status: 501, body: new Uint8Array() })
  await node.subscribe(client, asks(alice, [0]))
  node.store(alice.owner, 'one')
  await settle()
  node.store(alice.owner, 'two')
  expect(client.heard).toEqual(['one'])
  expect(node.subscriptions.count).toBe(0)
})
