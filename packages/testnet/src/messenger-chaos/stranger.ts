/** Somebody whom nobody accepted, and who sends whatever might do harm. */
import {
  type AccountId,
  buildContent,
  concatBytes,
  days,
  encodeContent,
  MAX_UNIX_MILLIS,
  type OutgoingContent,
  type UnixMillis,
  utf8,
} from '@starling/protocol'
import { pick, randomInteger } from '@starling/runtime'
import { bytesField, numberField, rewrapped, storedFor } from './foreign-account.ts'
import type { Household } from './household.ts'

/** As Bob's, with a Cyrillic letter in it. */
const HOMOGRAPH = 'bоb'

export const LAST_WORD = 'word stranger, the last one'

export class Stranger {
  /** Times at which two messages with different texts were sent: which one comes first is anybody's guess. */
  readonly doubled = new Set<number>()
  isBlocked = false
  readonly #house: Household
  readonly #log: (line: string) => void
  #count = 0

  constructor(house: Household, log: (line: string) => void) {
    this.#house = house
    this.#log = log
  }

  async step(): Promise<void> {
    const deeds = [
      this.#request,
      this.#farTimes,
      this.#otherTimeOutside,
      this.#forgedCopy,
      this.#meddle,
      this.#double,
      this.#malformed,
      this.#oversize,
      this.#flood,
      this.#controls,
      this.#replay,
      this.#getBlocked,
    ]
    const deed = pick(this.#house.net.random, deeds)!
    this.#log(`stranger: ${deed.name}`)
    await deed.call(this)
  }

  async sayFarewell(): Promise<void> {
    await this.#say({ kind: 'visible', text: LAST_WORD })
  }

  async #request(): Promise<void> {
    await this.#say({ kind: 'visible', text: this.#text() })
  }

  async #farTimes(): Promise<void> {
    const now = this.#house.net.clock.now()
    const [last, never] = [MAX_UNIX_MILLIS - this.#count, Number.MAX_SAFE_INTEGER - this.#count]
    for (const at of [1, now - days(400), now + days(400), last, never]) {
      await this.#say({ kind: 'visible', text: this.#text() }, at)
    }
  }

  async #otherTimeOutside(): Promise<void> {
    const at = this.#house.stranger.now()
    const content = buildContent({ kind: 'visible', text: 'never shown' }, { timestamp: at })
    await this.#write(encodeContent(content), { outsideAt: at + 1 })
    await this.#write(encodeContent(content), { outsideAt: -1 })
  }

  /** As if it were ours, sent to Bob. */
  async #forgedCopy(): Promise<void> {
    const { stranger, ids } = this.#house
    const draft = { kind: 'visible', text: this.#text() } as const
    await stranger.say(draft, { to: ids.alice, syncTarget: ids.bob })
    await stranger.say({ kind: 'timerChange' }, { to: ids.alice, syncTarget: ids.bob })
  }

  /** Reactions to, and unsends and receipts of, what Alice and Bob said to each other. */
  async #meddle(): Promise<void> {
    const { ids } = this.#house
    const views = await this.#house.shown('phone', ids.bob)
    for (const { author, sentAt } of views.slice(-4)) {
      const target = { author, sentAt }
      await this.#say({ kind: 'reaction', target, emoji: '💩', action: 'react' })
      await this.#say({ kind: 'unsend', target })
      await this.#say({ kind: 'readReceipt', timestamps: [sentAt] })
    }
  }

  async #double(): Promise<void> {
    const at = this.#house.stranger.now()
    await this.#say({ kind: 'visible', text: this.#text() }, at)
    await this.#say({ kind: 'visible', text: this.#text() }, at)
    this.doubled.add(at)
  }

  async #malformed(): Promise<void> {
    const { stranger, ids, net } = this.#house
    const whole = encodeContent({ dataMessage: { body: 'never shown' } })
    await this.#write(whole.subarray(0, -2))
    await this.#write(net.random(500))
    await this.#write(new Uint8Array())
    let nested = utf8('x')
    for (let depth = 0; depth < 200; depth++) nested = bytesField(1, nested)
    await this.#write(nested)
    await this.#write(concatBytes(whole, numberField(12, 7), bytesField(1, bytesField(6, numberField(1, 2 ** 60)))))
    const attachments = Array.from({ length: 40 }, (_, id) => ({ id: BigInt(id), url: 'http://files.invalid/file/1' }))
    await this.#write(encodeContent({ dataMessage: { attachments: attachments as never } }))
    await stranger.store(ids.alice, net.random(400))
    await stranger.store(ids.alice, new Uint8Array())
    const [stored] = storedFor(net, ids.alice)
    if (stored !== undefined) await stranger.store(ids.alice, stored.subarray(0, stored.length - 5))
  }

  async #oversize(): Promise<void> {
    const { stranger, ids, net } = this.#house
    await this.#say({ kind: 'visible', text: '𝕏'.repeat(2000) })
    await this.#write(encodeContent({ dataMessage: { body: 'y'.repeat(70_000) } }))
    await this.#write(encodeContent({ dataMessage: { body: 'y'.repeat(90_000) } }))
    await stranger.store(ids.alice, net.random(76_801))
    const name = `${HOMOGRAPH}${'\u202e'.repeat(3000)}`
    await stranger.write(encodeContent({ dataMessage: { body: this.#text(), profile: { displayName: name } } }), {
      to: ids.alice,
    })
  }

  async #flood(): Promise<void> {
    const { ids } = this.#house
    for (let count = 0; count < 30; count++) await this.#say({ kind: 'visible', text: this.#text() })
    const at = this.#house.net.clock.now()
    const timestamps = Array.from({ length: 1000 }, (_, index) => (at - index) as UnixMillis)
    await this.#say({ kind: 'readReceipt', timestamps })
    await this.#say({ kind: 'deliveryReceipt', timestamps })
    for (let count = 0; count < 10; count++) {
      const target = { author: ids.alice, sentAt: (at - count) as UnixMillis }
      await this.#say({ kind: 'reaction', target, emoji: '💩', action: 'react' })
    }
  }

  async #controls(): Promise<void> {
    await this.#say({ kind: 'typing', action: 'started' })
    await this.#say({ kind: 'requestResponse' })
    await this.#say({ kind: 'dataExtraction', what: 'screenshot' })
    await this.#say({ kind: 'timerChange' })
  }

  /** What others wrote to Alice, once more and in other wrappings; and what they wrote to Bob. */
  async #replay(): Promise<void> {
    const { stranger, ids, net } = this.#house
    for (const owner of [ids.alice, ids.bob]) {
      for (const stored of [...storedFor(net, owner)].slice(-8)) {
        await stranger.store(
          ids.alice,
          stored[0] === 0 ? stored.slice(0, -1).with(0, 8) : rewrapped(stored, net.random),
        )
        await stranger.store(ids.bob, rewrapped(stored, net.random))
      }
    }
  }

  async #getBlocked(): Promise<void> {
    const { devices, stranger } = this.#house
    const summary = this.#house.summary('phone', stranger.accountId)
    if (summary === undefined || devices.phone.disk.writesLeft < Number.POSITIVE_INFINITY) return
    await devices.phone.api.updateConversation(summary.id, { blocked: true })
    this.isBlocked = true
  }

  async #say(draft: OutgoingContent, at: number = this.#house.stranger.now()): Promise<void> {
    const { stranger, ids } = this.#house
    await stranger.say(draft, { to: ids.alice, at, name: HOMOGRAPH })
  }

  async #write(content: Uint8Array, writing: { outsideAt?: number; to?: AccountId } = {}): Promise<void> {
    await this.#house.stranger.write(content, { to: this.#house.ids.alice, ...writing })
  }

  #text(): string {
    return `word stranger ${this.#count++} ${randomInteger(this.#house.net.random, 10)}`
  }
}
