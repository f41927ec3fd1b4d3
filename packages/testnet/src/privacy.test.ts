/** Who learns what: looks into every frame that every node received. "It is done when" 4 of the first issue. */
import { test } from 'node:test'
import { accountIdKey, concatBytes, minutes, seconds, toBase64, utf8 } from '@starling/protocol'
import { expect } from 'expect'
import { TestNet } from './test-net.ts'

/** Every form in which an account ID could stand in a frame that somebody can read. */
function traces(accountId: string): readonly Buffer[] {
  const key = accountIdKey(accountId as never)
  const withPrefix = concatBytes(Uint8Array.of(5), key)
  return [utf8(accountId.slice(2)), key, utf8(toBase64(key).slice(0, 40)), utf8(toBase64(withPrefix).slice(0, 40))].map(
    (bytes) => Buffer.from(bytes),
  )
}

test('only members of its swarm ever see an account ID, and only guards see a client', async () => {
  await using net = await TestNet.create({ nodes: 12, swarmSize: 3, seed: 97 })
  const clients = await net.clients('alice', 'bob')
  const [alice, bob] = clients
  await alice.send(bob.accountId, 'first')
  await bob.send(alice.accountId, 'second')
  await net.advance(minutes(5))
  expect(await bob.inbox()).toEqual(['first'])

  for (const client of clients) {
    const members = new Set(net.swarmOf(client.accountId).map(({ address }) => address as string))
    const readers = net.nodes.filter((node) =>
      net.network
        .received(node.address)
        .some(({ bytes }) => traces(client.accountId).some((trace) => Buffer.from(bytes).includes(trace))),
    )
    // Members forward stores to each other, in clear to them: so the test can see account IDs at all.
    expect(readers.length).toBeGreaterThan(0)
    for (const reader of readers) expect(members).toContain(reader.address)
    const contacted = net.nodes.filter((node) =>
      net.network.received(node.address).some(({ from }) => from === client.name),
    )
    // Two guards, and the bootstrap node that gave the first directory document.
    expect(contacted.length).toBeLessThanOrEqual(3)
  }
})

test('nothing private is logged', async () => {
  await using net = await TestNet.create({ nodes: 9, swarmSize: 3, seed: 101 })
  const [alice, bob] = await net.clients('alice', 'bob')
  await alice.send(bob.accountId, 'a text that nobody else reads')
  await net.advance(seconds(30))
  net.crash(net.swarmOf(bob.accountId).slice(0, 1))
  await alice.send(bob.accountId, 'another one')
  await net.advance(minutes(2))
  const log = net.log.text()
  expect(log.length).toBeGreaterThan(0)
  for (const secret of [alice.accountId.slice(2), bob.accountId.slice(2), 'nobody else reads', 'another one']) {
    expect(log).not.toContain(secret)
  }
  for (const { address } of net.nodes) expect(log).not.toContain(address)
})
