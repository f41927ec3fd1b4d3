/** Requests over paths, below the account: cancelled, refused and answered. */
import { test } from 'node:test'
import { millis, type NodeEntry, seconds } from '@starling/protocol'
import { expect } from 'expect'
import { padRequest } from '../swarm/padded-request.ts'
import { connectedNetwork } from '../testing/connected-network.ts'

const INFO = padRequest({ method: 'info', params: {} })

async function connected() {
  const { net, network, ...rest } = await connectedNetwork()
  const guards = net.linkedNodes()
  const destination = [...net.view.nodes.values()].find(({ descriptor }) => !guards.includes(descriptor.nodeId))!
  return { net, network, destination: destination as NodeEntry, end: rest[Symbol.asyncDispose] }
}

test('a request that is called off ends at once and leaves nothing behind', async () => {
  const { net, network, destination, end } = await connected()
  for (const node of net.nodes) node.isMute = true
  const before = net.clock.pending
  for (const hedge of [true, false]) {
    for (const wait of [0, 2000]) {
      const caller = new AbortController()
      const options = { signal: caller.signal, timeout: seconds(10), hedge }
      const asked = network.paths.request(destination, INFO, options).catch((error: unknown) => error)
      await net.clock.advance(millis(wait))
      caller.abort(new Error('called off'))
      expect(await asked).toEqual(new Error('called off'))
      await net.clock.advance(millis(1))
    }
  }
  expect(net.clock.pending).toBeLessThanOrEqual(before)
  await end()
})

test('a request that nobody answers ends when its time is over, and says so', async () => {
  const { net, network, destination, end } = await connected()
  for (const node of net.nodes) node.isMute = true
  const { signal } = new AbortController()
  const asked = network.paths.request(destination, INFO, { signal, timeout: seconds(4), hedge: true })
  const failed = expect(asked).rejects.toEqual(expect.objectContaining({ name: 'PathError', code: 'timeout' }))
  await net.clock.advance(seconds(4))
  await failed
  await end()
})

test('a guard is never asked as a destination through itself', async () => {
  const { net, network, end } = await connected()
  for (const guard of net.linkedNodes()) {
    const destination = net.view.nodes.get(guard)!
    const { signal } = new AbortController()
    for (const lane of [0, 1] as const) {
      const asked = network.paths.request(destination, INFO, { signal, timeout: seconds(4), hedge: false, lane })
      await net.clock.advance(millis(10))
      expect(await asked).toMatchObject({ status: 200 })
    }
  }
  await end()
})
