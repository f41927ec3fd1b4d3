/** Two real clients on the network: how long things take for people. */
import { join } from 'node:path'
import type { Client, ConversationId } from '@starling/client'
import { createNodeClient } from '@starling/client/node'
import type { NetworkFile } from '@starling/protocol'
import type { Observable } from '@starling/runtime'
import { type Figure, percentiles } from './figures.ts'

const MESSAGES = 200

export async function measureClients(network: NetworkFile, folder: string): Promise<Figure[]> {
  const start = performance.now()
  await using alice = await createNodeClient({ network, folder: join(folder, 'alice') })
  await alice.createAccount({ displayName: 'Alice' })
  await until(alice.network, ({ connection }) => connection.kind === 'connected')
  const connectedMs = performance.now() - start
  await using bob = await createNodeClient({ network, folder: join(folder, 'bob') })
  await bob.createAccount({ displayName: 'Bob' })
  await until(bob.network, ({ connection }) => connection.kind === 'connected')
  const conversation = await alice.startConversation(accountOf(bob))
  await exchange(alice, bob, conversation, 'warm-up')
  const arrivals: number[] = []
  const stored: number[] = []
  for (let index = 0; index < MESSAGES; index++) {
    const times = await exchange(alice, bob, conversation, `message ${index}`)
    arrivals.push(times.arrived)
    stored.push(times.stored)
  }
  return [
    { name: 'client: opened, account made, connected', value: connectedMs, unit: 'ms' },
    ...percentiles('message: sent until it is there, both online, three hops', arrivals),
    ...percentiles('message: sent until stored on the swarm, three hops', stored),
  ]
}

async function exchange(
  alice: Client,
  bob: Client,
  conversation: ConversationId,
  text: string,
): Promise<{ arrived: number; stored: number }> {
  const start = performance.now()
  const arrived = until(bob.conversations, (list) =>
    list.some(({ last }) => last?.body.kind === 'text' && last.body.text === text),
  ).then(() => performance.now() - start)
  await alice.send(conversation, text)
  const stored = until(alice.conversations, (list) =>
    list.some(({ last }) => last?.body.kind === 'text' && last.body.text === text && last.delivery?.kind === 'stored'),
  ).then(() => performance.now() - start)
  return { arrived: await arrived, stored: await stored }
}

function accountOf(client: Client): string {
  const state = client.session.snapshot
  if (state.kind !== 'ready') throw new Error(`session is ${state.kind}`)
  return state.account.accountId
}

function until<T>(observable: Observable<T>, condition: (value: T) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = observable.subscribe((value) => {
      if (!condition(value)) return
      resolve()
      // The first call comes before `subscribe` has returned.
      queueMicrotask(() => stop())
    })
  })
}
