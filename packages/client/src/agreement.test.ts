/** Two people, one of them with two devices, do what comes to their mind while devices come and go: in the end all agree. */
import { test } from 'node:test'
import { millis, minutes, seconds } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import type { Client, MessageView } from './api.ts'
import { type FakeDevice, FakeNetwork } from './testing/fake-network.ts'
import { accountOf, anotherDevice, befriend, idWith, messagesOf, newcomer } from './testing/meet.ts'

type Actor = 'phone' | 'tablet' | 'bob'
type Step =
  | { readonly kind: 'send' | 'unsend' | 'forget' | 'read'; readonly by: Actor; readonly pick: number }
  | {
      readonly kind: 'react'
      readonly by: Actor
      readonly pick: number
      readonly emoji: string
      readonly isOn: boolean
    }
  | { readonly kind: 'offline' | 'online' | 'restart'; readonly by: Actor }
  | { readonly kind: 'wait' }

const actors = fc.constantFrom<Actor>('phone', 'tablet', 'bob')
const pick = fc.nat(20)
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('send'), by: actors, pick }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('react'),
      by: actors,
      pick,
      emoji: fc.constantFrom('👍', '🎉'),
      isOn: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('unsend', 'forget', 'read'), by: actors, pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('offline', 'online', 'restart'), by: actors }) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'wait' }) },
)

class World {
  readonly net = new FakeNetwork({ nodes: 8 })
  readonly devices: Record<Actor, FakeDevice> = {
    phone: this.net.device(),
    tablet: this.net.device(),
    bob: this.net.device(),
  }
  clients!: Record<Actor, Client>
  #count = 0

  static async create(): Promise<World> {
    const world = new World()
    const { net, devices } = world
    const phone = await newcomer(net, 'Alice', devices.phone)
    const bob = await newcomer(net, 'Bob', devices.bob)
    await befriend(net, phone, bob)
    const tablet = await anotherDevice(net, phone, devices.tablet)
    world.clients = { phone, tablet, bob }
    await net.clock.advance(seconds(5))
    return world
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of Object.values(this.clients)) await client[Symbol.asyncDispose]()
  }

  other(by: Actor): Client {
    return by === 'bob' ? this.clients.phone : this.clients.bob
  }

  messages(by: Actor): Promise<readonly MessageView[]> {
    return messagesOf(this.clients[by], accountOf(this.other(by)))
  }

  async take(step: Step): Promise<void> {
    // Two devices of an account that write in the same millisecond would name two messages alike.
    await this.net.clock.advance(millis(5))
    if (step.kind === 'wait') {
      await this.net.clock.advance(seconds(4))
      return
    }
    const client = this.clients[step.by]
    const id = idWith(this.other(step.by))
    switch (step.kind) {
      case 'send':
        await client.send(id, `${step.by} ${this.#count++}`)
        return
      case 'offline':
      case 'online':
        this.devices[step.by].offline = step.kind === 'offline'
        await this.net.clock.advance(seconds(1))
        return
      case 'restart':
        await client[Symbol.asyncDispose]()
        this.clients[step.by] = await this.net.open(this.devices[step.by])
        await this.net.clock.advance(seconds(1))
        return
      default:
        await this.#change(client, step)
    }
  }

  async #change(client: Client, step: Extract<Step, { pick: number }>): Promise<void> {
    const all = (await this.messages(step.by)).filter(({ body, deleted }) => body.kind === 'text' && !deleted)
    const message = all[step.pick % Math.max(1, all.length)]
    if (message === undefined) return
    if (step.kind === 'react') {
      if (step.isOn) await client.react(message.id, step.emoji)
      else await client.removeReaction(message.id, step.emoji)
    } else if (step.kind === 'unsend') {
      if (message.direction === 'outgoing') await client.deleteMessages([message.id], 'everyone')
    } else if (step.kind === 'forget') {
      if (message.direction === 'incoming') await client.deleteMessages([message.id], 'myDevices')
    } else {
      await using history = await client.history(message.conversation)
      await history.markRead(message.id)
    }
  }

  async settle(): Promise<void> {
    for (const device of Object.values(this.devices)) device.offline = false
    await this.net.clock.advance(minutes(2))
  }
}

const nameOf = ({ author, sentAt }: MessageView) => `${author} ${sentAt}`
const shown = ({ author, sentAt, body, deleted, reactions }: MessageView) => ({
  author,
  sentAt,
  body,
  deleted,
  reactions: reactions.map(({ emoji, authors }) => ({ emoji, authors: authors.toSorted((a, b) => (a < b ? -1 : 1)) })),
})

test('whatever they do, online or not, all devices show the same in the end', async () => {
  const property = fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 25 }), async (list) => {
    await using world = await World.create()
    for (const step of list) await world.take(step)
    await world.settle()
    const [phone, tablet] = [await world.messages('phone'), await world.messages('tablet')]
    expect(tablet.map(shown)).toEqual(phone.map(shown))
    const unread = ({ conversations }: Client) => conversations.snapshot.map(({ unread }) => unread)
    expect(unread(world.clients.tablet)).toEqual(unread(world.clients.phone))
    for (const { delivery } of phone) expect(['queued', 'failed']).not.toContain(delivery?.kind)
    // What one side deleted on its own devices alone, the other still has.
    const bob = new Map((await world.messages('bob')).map((message) => [nameOf(message), message]))
    for (const message of phone) {
      const theirs = bob.get(nameOf(message))
      if (theirs !== undefined && message.body.kind === 'text') expect(shown(theirs)).toEqual(shown(message))
    }
  })
  await fc.assert(property, { numRuns: 6 })
})
