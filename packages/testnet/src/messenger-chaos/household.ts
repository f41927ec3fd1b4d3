/** Alice with two devices and a third one of another make, Bob, Carol who uses another program, and a stranger who is hostile. */
import type { ConversationId, ConversationSummary, MessageView } from '@starling/client'
import { type AccountId, millis, minutes, seconds } from '@starling/protocol'
import { TestClient } from '../test-client.ts'
import { TestNet } from '../test-net.ts'
import { ForeignAccount } from './foreign-account.ts'

export const DEVICES = ['phone', 'tablet', 'bob'] as const
export type Device = (typeof DEVICES)[number]
export type Person = 'alice' | 'bob'

export function personOf(device: Device): Person {
  return device === 'bob' ? 'bob' : 'alice'
}

export function devicesOf(person: Person): readonly Device[] {
  return DEVICES.filter((device) => personOf(device) === person)
}

export class Household implements AsyncDisposable {
  readonly net: TestNet
  readonly devices: Readonly<Record<Device, TestClient>>
  readonly ids: Readonly<Record<Person, AccountId>>
  /** A contact of Alice's, and what another program writes in Alice's own name. */
  readonly carol: ForeignAccount
  readonly sister: ForeignAccount
  readonly stranger: ForeignAccount

  /** Everybody knows everybody but the stranger; receipts and typing are on. */
  static async create(seed: number): Promise<Household> {
    const net = await TestNet.create({ nodes: 6, swarmSize: 3, seed, parameters: { epochLength: minutes(1) } })
    const [phone, bob] = await net.clients('phone', 'bob')
    const tablet = await TestClient.createEmpty(net, 'tablet')
    const house = new Household(net, { phone, tablet, bob }, await phone.api.revealPhrase())
    await house.#befriend()
    const restoring = tablet.api.restoreAccount({ phrase: await phone.api.revealPhrase() })
    await net.advance(seconds(20))
    await restoring
    for (const { api } of [phone, tablet, bob]) await api.changeSettings({ readReceipts: true, typing: true })
    await net.advance(seconds(10))
    return house
  }

  private constructor(net: TestNet, devices: Record<Device, TestClient>, phrase: string) {
    this.net = net
    this.devices = devices
    this.ids = { alice: devices.phone.accountId, bob: devices.bob.accountId }
    this.carol = ForeignAccount.create(net)
    this.sister = ForeignAccount.ofPhrase(net, phrase)
    this.stranger = ForeignAccount.create(net)
  }

  /** Where this device talks with the other person. */
  pairOf(device: Device): ConversationId {
    return this.ids[personOf(device) === 'alice' ? 'bob' : 'alice'] as string as ConversationId
  }

  async shown(device: Device, account: AccountId | ConversationId): Promise<readonly MessageView[]> {
    const summary = this.summary(device, account)
    return summary === undefined ? [] : this.devices[device].history(summary.id)
  }

  summary(device: Device, account: AccountId | ConversationId): ConversationSummary | undefined {
    return this.devices[device].api.conversations.snapshot.find(({ id }) => id === (account as string))
  }

  /** The app ends, and its disk works again when it is started. `kept`: power fails; so many of the last writes remain. */
  async restart(device: Device, { kept }: { readonly kept?: number } = {}): Promise<void> {
    const client = this.devices[device]
    await client.close()
    if (kept !== undefined) client.disk.losePower({ kept })
    client.disk.writesLeft = Number.POSITIVE_INFINITY
    await client.open()
  }

  /** Time goes on until it is done: who sends right after a start waits for the network's time. */
  async meanwhile<T>(doing: Promise<T>): Promise<T> {
    let isOver = false
    const note = () => {
      isOver = true
    }
    doing.then(note, note)
    for (let pause = 1; !isOver; pause = 100) await this.net.advance(millis(pause))
    return doing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The others belong to the net.
    await this.devices.tablet[Symbol.asyncDispose]()
    await this.net[Symbol.asyncDispose]()
  }

  async #befriend(): Promise<void> {
    const { net, devices, ids, carol } = this
    await devices.phone.send(ids.bob, 'hello')
    await devices.phone.send(carol.accountId, 'hello')
    await net.advance(seconds(5))
    await devices.bob.send(ids.alice, 'welcome')
    await carol.say({ kind: 'visible', text: 'welcome' }, { to: ids.alice, name: 'Carol' })
    await net.advance(minutes(1))
  }
}
