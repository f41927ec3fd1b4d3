import { test } from 'node:test'
import {
  applyDocumentChanges,
  DIRECTORY_CHANGES,
  DIRECTORY_UNCHANGED,
  DirectoryView,
  decodeDocument,
  documentHash,
  FrameKind,
  isLeaving,
  LEAVING,
  millis,
  minutes,
  openDescriptor,
  SecretKey,
  seconds,
  signDescriptor,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { seededRandom, settle } from '@starling/runtime/testing'
import { expect } from 'expect'
import { PeerError } from '../peer-error.ts'
import type { PeerNetwork } from '../ports.ts'
import { MemoryDisk } from '../storage/memory-disk.ts'
import { openMemoryStore } from '../storage/memory-store.ts'
import { crypto, directoryKey, Fixture, type FixtureNode, networkFile } from '../testing/fixture.ts'
import { runAnnouncer } from './announcer.ts'
import { DirectoryKeeper } from './directory-keeper.ts'
import { admissionByInvitation, DirectoryMember } from './directory-member.ts'
import { Membership } from './membership.ts'

test('a node never goes back, not even over a restart', async () => {
  await using fixture = await Fixture.create(1)
  const [node] = fixture.nodes as [FixtureNode]
  const first = node.node.keeper.get('latest')!
  const second = fixture.form([[node, '0']])
  await fixture.publish(second)
  await fixture.publish(first)
  expect(node.node.keeper.view.snapshot?.document.epoch).toBe(2)
  expect(node.node.keeper.get(1)).toEqual(first)
  await fixture.stop(node)
  await fixture.start(node)
  expect(node.node.keeper.get('latest')).toEqual(second)
  await fixture.publish(first)
  expect(node.node.keeper.view.snapshot?.document.epoch).toBe(2)
})

test('documents that are forged, of another network, of another epoch-mate or too early are refused', async () => {
  await using fixture = await Fixture.create(1)
  const [node] = fixture.nodes as [FixtureNode]
  const next = fixture.form([[node, '0']])
  const forged = next.slice()
  forged[forged.length - 1]! ^= 1
  const altered = next.slice()
  altered[45]! ^= 1
  for (const document of [forged, altered, next.slice(0, -1), utf8(''), utf8('x')]) await fixture.publish(document)
  expect(node.node.keeper.view.snapshot?.document.epoch).toBe(1)
  node.clock.offset = millis(-minutes(60))
  await fixture.publish(next)
  expect(node.node.keeper.view.snapshot?.document.epoch).toBe(1)
  node.clock.offset = millis(minutes(60))
  await fixture.publish(next)
  expect(node.node.keeper.view.snapshot?.document.epoch).toBe(2)
  const reasons = node.log.lines
    .filter(({ event }) => event === 'directory.refused')
    .map(({ fields }) => fields['reason'])
  expect(new Set(reasons)).toEqual(new Set(['threshold', 'malformed', 'not_yet_valid']))
})

test('who names the document that they have is told what has changed, over links of clients and of nodes', async () => {
  await using fixture = await Fixture.create(2)
  const [node, peer] = fixture.nodes as [FixtureNode, FixtureNode]
  const both: [FixtureNode, string][] = [
    [node, '0'],
    [peer, '0'],
  ]
  const first = decodeDocument(node.node.keeper.get('latest')!)
  const second = fixture.form(both)
  await fixture.publish(second)
  const { signal } = new AbortController()
  const ask = (known: Uint8Array) => node.node.answerLink(FrameKind.directory, known, signal)
  for (const unknown of [
    new Uint8Array(),
    new Uint8Array(32),
    new Uint8Array(1000),
    documentHash(crypto, first).slice(1),
  ]) {
    expect(await ask(unknown)).toEqual({ status: 200, body: second })
  }
  const changes = await ask(documentHash(crypto, first))
  expect(changes.status).toBe(DIRECTORY_CHANGES)
  expect(applyDocumentChanges(first, changes.body)).toEqual(second)
  expect(await node.node.answerPeer(peer.nodeId, FrameKind.directory, documentHash(crypto, first), signal)).toEqual(
    changes,
  )
  const latest = documentHash(crypto, decodeDocument(second))
  expect(await ask(latest)).toEqual({ status: DIRECTORY_UNCHANGED, body: new Uint8Array() })
  const third = fixture.form(both)
  await fixture.publish(third)
  expect(applyDocumentChanges(first, (await ask(documentHash(crypto, first))).body)).toEqual(third)
})

test('a document that cannot be kept is not taken, and no loop ends for it', async () => {
  await using fixture = await Fixture.create(1)
  const [node] = fixture.nodes as [FixtureNode]
  const next = fixture.form([[node, '0']])
  node.disk.failWrites('io')
  await fixture.publish(next)
  expect(node.node.keeper.view.snapshot?.document.epoch).toBe(1)
  node.disk.failWrites(undefined)
  await fixture.publish(next)
  expect(node.node.keeper.view.snapshot?.document.epoch).toBe(2)
})

test('a data folder that was used for another network is not believed', async () => {
  await using fixture = await Fixture.create(1)
  const [node] = fixture.nodes as [FixtureNode]
  const network = { ...networkFile, name: 'Another' }
  const keeper = new DirectoryKeeper({ crypto, clock: node.clock, logger: node.log, store: node.store, network })
  await keeper.load()
  expect(keeper.view.snapshot).toBeUndefined()
})

/** A directory member over nodes whose reachability the test decides. */
async function membership(count: number) {
  const fixture = new Fixture(count)
  const [own] = fixture.nodes as [FixtureNode]
  await fixture.start(own)
  const up = new Set(fixture.nodes)
  const published: string[] = []
  const peers: PeerNetwork = {
    request: async (to, kind) => {
      const node = fixture.nodes.find(({ nodeId }) => nodeId === to.nodeId)!
      if (!up.has(node)) throw new PeerError('unreachable')
      if (kind === FrameKind.publish) published.push(node.nodeId)
      return { status: 200, body: new Uint8Array() }
    },
  }
  const options = () => {
    const keeper = new DirectoryKeeper({
      crypto,
      clock: own.clock,
      logger: own.log,
      store: own.store,
      network: networkFile,
    })
    return {
      crypto,
      clock: own.clock,
      logger: own.log,
      keeper,
      peers,
      network: networkFile,
      ownId: own.nodeId,
      admission: admissionByInvitation(fixture.nodes.slice(0, count - 1).map(({ nodeId }) => nodeId)),
      keyIndex: 0,
      secretKey: directoryKey(),
    }
  }
  const announce = (member: DirectoryMember, node: FixtureNode, age = 0) =>
    member.announce(
      signDescriptor(crypto, {
        descriptor: { ...node.descriptor, timestamp: unixMillis(fixture.clock.now() - age) },
        secretKey: node.keys.secretKey,
      }),
    )
  return { fixture, own, up, published, options, announce }
}

test('the first document waits for all who are invited, and is published to them', async () => {
  const { fixture, options, announce, published } = await membership(4)
  await using _ = fixture
  const setting = options()
  const member = new DirectoryMember(setting)
  const stop = new AbortController()
  const running = member.run(stop.signal).catch(() => {})
  expect(announce(member, fixture.nodes[0]!)).toBe('accepted')
  expect(announce(member, fixture.nodes[1]!)).toBe('accepted')
  await fixture.clock.advance(seconds(3))
  expect(setting.keeper.view.snapshot).toBeUndefined()
  expect(announce(member, fixture.nodes[2]!)).toBe('accepted')
  await fixture.clock.advance(seconds(1))
  expect(setting.keeper.view.snapshot?.nodes.size).toBe(3)
  expect(published).toHaveLength(2)
  expect(announce(member, fixture.nodes[3]!)).toBe('not_admitted')
  stop.abort()
  await running
})

test('announcements that are wrong are refused with their reason', async () => {
  const { fixture, options, announce } = await membership(2)
  await using _ = fixture
  const member = new DirectoryMember(options())
  const [node] = fixture.nodes as [FixtureNode]
  expect(member.announce(utf8('x'))).toBe('malformed')
  const descriptor = { ...node.descriptor, timestamp: fixture.clock.now() }
  const forged = signDescriptor(crypto, { descriptor, secretKey: fixture.nodes[1]!.keys.secretKey })
  expect(member.announce(forged)).toBe('malformed')
  expect(announce(member, node, minutes(60) * 24 * 3)).toBe('wrong_time')
  expect(announce(member, node, -minutes(60))).toBe('wrong_time')
  expect(announce(member, node)).toBe('accepted')
})

test('a node that is gone is dropped after its time, and taken back when it returns', async () => {
  const { fixture, up, options, announce } = await membership(4)
  await using _ = fixture
  const setting = options()
  const member = new DirectoryMember(setting)
  const stop = new AbortController()
  const running = member.run(stop.signal).catch(() => {})
  for (const node of fixture.nodes.slice(0, 3)) announce(member, node)
  await fixture.clock.advance(seconds(2))
  const ids = () => [...setting.keeper.view.snapshot!.nodes.keys()]
  const lost = fixture.nodes[2]!
  up.delete(lost)
  await fixture.clock.advance(seconds(50))
  expect(ids()).toContain(lost.nodeId)
  await fixture.clock.advance(seconds(60))
  expect(ids()).not.toContain(lost.nodeId)
  expect(ids()).toHaveLength(2)
  up.add(lost)
  announce(member, lost)
  await fixture.clock.advance(seconds(45))
  expect(ids()).toContain(lost.nodeId)
  stop.abort()
  await running
})

test('a node that says that it leaves is left out, and taken back when it says that it stays', async () => {
  const { fixture, options, announce } = await membership(4)
  await using _ = fixture
  const setting = options()
  const member = new DirectoryMember(setting)
  const stop = new AbortController()
  const running = member.run(stop.signal).catch(() => {})
  for (const node of fixture.nodes.slice(0, 3)) announce(member, node)
  await fixture.clock.advance(seconds(2))
  const leaver = fixture.nodes[2]!
  const { descriptor } = leaver
  const say = (capabilities: number) =>
    member.announce(
      signDescriptor(crypto, {
        descriptor: { ...descriptor, capabilities, timestamp: fixture.clock.now() },
        secretKey: leaver.keys.secretKey,
      }),
    )
  expect(say(LEAVING)).toBe('accepted')
  await fixture.clock.advance(seconds(45))
  expect(setting.keeper.view.snapshot?.nodes.has(leaver.nodeId)).toBe(false)
  expect(setting.keeper.hasDeparted(leaver.nodeId)).toBe(true)
  expect(setting.keeper.hasDeparted(fixture.nodes[3]!.nodeId)).toBe(false)
  const restarted = options().keeper
  await restarted.load()
  expect(restarted.hasDeparted(leaver.nodeId)).toBe(true)
  expect(say(0)).toBe('accepted')
  await fixture.clock.advance(seconds(45))
  expect(setting.keeper.view.snapshot?.nodes.has(leaver.nodeId)).toBe(true)
  expect(setting.keeper.hasDeparted(leaver.nodeId)).toBe(false)
  stop.abort()
  await running
})

test('who was invited later comes in, and whose invitation is withdrawn is left out', async () => {
  const { fixture, options, announce } = await membership(4)
  await using _ = fixture
  const admission = admissionByInvitation(fixture.nodes.slice(0, 3).map(({ nodeId }) => nodeId))
  const setting = { ...options(), admission }
  const member = new DirectoryMember(setting)
  const stop = new AbortController()
  const running = member.run(stop.signal).catch(() => {})
  for (const node of fixture.nodes) announce(member, node)
  await fixture.clock.advance(seconds(2))
  admission.invite(fixture.nodes.slice(1).map(({ nodeId }) => nodeId))
  expect(announce(member, fixture.nodes[3]!)).toBe('accepted')
  await fixture.clock.advance(seconds(45))
  expect(new Set(setting.keeper.view.snapshot?.nodes.keys())).toEqual(
    new Set(fixture.nodes.slice(1).map(({ nodeId }) => nodeId)),
  )
  stop.abort()
  await running
})

test('a directory member that restarts goes on where it was, with the nodes it knew', async () => {
  const { fixture, own, options, announce } = await membership(3)
  await using _ = fixture
  const run = async (setting: ReturnType<typeof options>, prepare: (member: DirectoryMember) => void) => {
    await setting.keeper.load()
    const member = new DirectoryMember(setting)
    prepare(member)
    const stop = new AbortController()
    const running = member.run(stop.signal).catch(() => {})
    await fixture.clock.advance(seconds(45))
    stop.abort()
    await running
    return new DirectoryView(decodeDocument(setting.keeper.get('latest')!))
  }
  const before = await run(options(), (member) => {
    for (const node of fixture.nodes.slice(0, 2)) announce(member, node)
  })
  const after = await run(options(), () => {})
  expect(after.document.epoch).toBeGreaterThan(before.document.epoch)
  expect([...after.nodes.keys()]).toEqual([...before.nodes.keys()])
  expect(own.log.text()).not.toContain('own_document_refused')
})

test('an announcer tells at once that the node wants to leave, and what became of it', async () => {
  await using fixture = await Fixture.create(2)
  const [node] = fixture.nodes as [FixtureNode]
  const membership = new Membership()
  const heard: boolean[] = []
  const stop = new AbortController()
  const running = runAnnouncer(
    {
      crypto,
      clock: node.clock,
      random: seededRandom(1),
      logger: node.log,
      keeper: node.node.keeper,
      peers: { request: async () => ({ status: 404, body: new Uint8Array() }) },
      bootstrap: {
        announce: async (_, signed) => {
          heard.push(isLeaving(openDescriptor(crypto, signed)))
          if (heard.length === 3) throw new PeerError('not_admitted')
          return undefined
        },
      },
      network: networkFile,
      nodeId: node.nodeId,
      secretKey: new SecretKey(node.keys.secretKey),
      describe: () => node.descriptor,
      membership,
    },
    stop.signal,
  ).catch(() => {})
  expect(membership.announced).toBe('never')
  await settle()
  expect([heard, membership.announced]).toEqual([[false], 'accepted'])
  membership.setIntent('leave')
  await settle()
  expect(heard).toEqual([false, true])
  membership.setIntent('stay')
  await settle()
  expect([heard, membership.announced]).toEqual([[false, true, false], 'not_admitted'])
  stop.abort()
  await running
})

test('an announcer tries again soon until it has a directory, asks peers when no bootstrap answers, and survives both', async () => {
  await using fixture = await Fixture.create(2)
  const [node, other] = fixture.nodes as [FixtureNode, FixtureNode]
  const first = node.node.keeper.get('latest')!
  const second = fixture.form([
    [node, '0'],
    [other, '0'],
  ])
  const keeper = new DirectoryKeeper({
    crypto,
    clock: node.clock,
    logger: node.log,
    store: await openMemoryStore(new MemoryDisk({ clock: fixture.clock, writeDelay: millis(0) })),
    network: networkFile,
  })
  const answers: (Uint8Array | undefined | 'down')[] = ['down', undefined, first, 'down']
  let asked = 0
  const stop = new AbortController()
  const running = runAnnouncer(
    {
      crypto,
      clock: node.clock,
      random: seededRandom(1),
      logger: node.log,
      keeper,
      peers: { request: async () => ({ status: 200, body: second }) },
      bootstrap: {
        announce: async () => {
          const answer = answers[asked++]
          if (answer === 'down') throw new PeerError('unreachable')
          return answer
        },
      },
      network: networkFile,
      nodeId: node.nodeId,
      secretKey: directoryKey() as never,
      describe: () => node.descriptor,
      membership: new Membership(),
    },
    stop.signal,
  ).catch(() => {})
  await settle()
  for (let waited = 0; waited < 10 && !keeper.view.snapshot; waited++) await fixture.clock.advance(seconds(1))
  expect(asked).toBe(3)
  expect(keeper.view.snapshot?.document.epoch).toBe(1)
  await fixture.clock.advance(seconds(11))
  expect(asked).toBeGreaterThanOrEqual(4)
  expect(keeper.view.snapshot?.document.epoch).toBe(2)
  stop.abort()
  await running
})
