/** What most tests of clients begin with. */
import { type AccountId, seconds } from '@starling/protocol'
import type { Client, ConversationId, Delivery, MessageId, MessageView } from '../api.ts'
import { FakeNetwork } from './fake-network.ts'

export function accountOf(client: Client): AccountId {
  const state = client.session.snapshot
  if (state.kind !== 'ready') throw new Error(`session is ${state.kind}`)
  return state.account.accountId
}

export function isConnected(client: Client): boolean {
  return client.network.snapshot.connection.kind === 'connected'
}

/** A client with a new account, connected. */
export async function newcomer(net: FakeNetwork, name: string, device = net.device()): Promise<Client> {
  const client = await net.open(device)
  await client.createAccount({ displayName: name })
  await net.until(() => isConnected(client))
  await net.clock.advance(seconds(2))
  return client
}

export async function sendTo(client: Client, account: AccountId, text: string): Promise<MessageId> {
  return client.send(await client.startConversation(account), text)
}

export async function messagesOf(client: Client, id: ConversationId | AccountId): Promise<readonly MessageView[]> {
  await using history = await client.history(id as string as ConversationId)
  await history.jumpToLatest()
  return history.state.snapshot.messages
}

export async function textsOf(client: Client, id: ConversationId | AccountId): Promise<string[]> {
  return (await messagesOf(client, id)).map(({ body }) => (body.kind === 'text' ? body.text : body.kind))
}

export async function deliveryOf(client: Client, id: AccountId, message: MessageId): Promise<Delivery | undefined> {
  return (await messagesOf(client, id)).find((view) => view.id === message)?.delivery
}

/** Another device of the same account, restored from its phrase. */
export async function anotherDevice(net: FakeNetwork, client: Client, device = net.device()): Promise<Client> {
  const second = await net.open(device)
  const restoring = second.restoreAccount({ phrase: await client.revealPhrase() })
  await net.until(() => second.session.snapshot.kind === 'ready')
  await restoring
  return second
}

/** Two people who have written to each other, so that each accepts the other; what they wrote. */
export async function befriend(net: FakeNetwork, one: Client, other: Client): Promise<void> {
  await sendTo(one, accountOf(other), 'hello')
  await net.until(() => other.conversations.snapshot.length > 0)
  await sendTo(other, accountOf(one), 'welcome')
  await net.until(() => one.conversations.snapshot.some(({ approvedMe }) => approvedMe))
  await net.clock.advance(seconds(3))
}

export function idWith(client: Client): ConversationId {
  return accountOf(client) as string as ConversationId
}

/** Alice and Bob, who are friends. */
export async function friends(): Promise<{
  readonly net: FakeNetwork
  readonly alice: Client
  readonly bob: Client
  [Symbol.asyncDispose](): Promise<void>
}> {
  const net = new FakeNetwork()
  const alice = await newcomer(net, 'Alice')
  const bob = await newcomer(net, 'Bob')
  await befriend(net, alice, bob)
  const dispose = async () => {
    await alice[Symbol.asyncDispose]()
    await bob[Symbol.asyncDispose]()
  }
  return { net, alice, bob, [Symbol.asyncDispose]: dispose }
}

export function withText(messages: readonly MessageView[], text: string): MessageView | undefined {
  return messages.find(({ body }) => body.kind === 'text' && body.text === text)
}

/** The message of this text, as `client` shows it in the conversation with `other`. */
export async function findText(client: Client, other: Client, text: string): Promise<MessageView> {
  const found = withText(await messagesOf(client, accountOf(other)), text)
  if (found === undefined) throw new Error('no such message')
  return found
}
