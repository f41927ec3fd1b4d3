/**
 * Carol, a contact whose program is another one, and Alice's own third device of another make: they write what ours does not
 * write, in an order in which ours does not write it.
 */
import { type Content, days, encodeContent, type MessageRef, minutes, utf8 } from '@starling/protocol'
import { pick, randomInteger } from '@starling/runtime'
import { bytesField, rewrapped, storedFor } from './foreign-account.ts'
import type { Household } from './household.ts'

/** What stands in the conversation with Carol, by author and time. */
type Line = {
  readonly body: object
  readonly deleted?: true
  readonly reactions: readonly string[]
  isRead?: true
}

const NOTHING: readonly string[] = []
const text = (said: string): Line => ({ body: { kind: 'text', text: said }, reactions: NOTHING })
const unsupported = (what: string): Line => ({ body: { kind: 'unsupported', what }, reactions: NOTHING })
const notice = (said: object): Line => ({ body: { kind: 'notice', notice: said }, reactions: NOTHING })
const GONE: Line = { body: { kind: 'text', text: '' }, deleted: true, reactions: NOTHING }
const PRE_OFFER = 6

export class Foreigners {
  readonly lines = new Map<string, Line>()
  /** In an encryption of a later version. */
  newer = 0
  /** Carol said that she accepts: it is told once, where she first said so. */
  #acceptedAt: number | undefined
  readonly #house: Household
  readonly #log: (line: string) => void
  #count = 0

  constructor(house: Household, log: (line: string) => void) {
    this.#house = house
    this.#log = log
  }

  /** What was said before the model looked. */
  async adopt(): Promise<void> {
    const { carol } = this.#house
    for (const { author, sentAt, body } of await this.#house.shown('phone', carol.accountId)) {
      this.lines.set(`${author === carol.accountId ? 'carol' : 'alice'} ${sentAt}`, { body, reactions: NOTHING })
    }
  }

  async step(): Promise<void> {
    const deeds = [
      this.#text,
      this.#longText,
      this.#oldClient,
      this.#lines,
      this.#unknown,
      this.#accepts,
      this.#earlyUnsend,
      this.#unsend,
      this.#earlyReaction,
      this.#copy,
      this.#earlyUnsendOfCopy,
      this.#earlyReceipt,
      this.#nonsense,
      this.#newerProtocol,
      this.#again,
    ]
    const deed = pick(this.#house.net.random, deeds)!
    this.#log(`foreigners: ${deed.name}`)
    await deed.call(this)
  }

  async #text(): Promise<void> {
    const said = this.#said()
    this.#carol(await this.#say({ kind: 'visible', text: said }), text(said))
  }

  /** Only who pays may write more than 2,000 code points; the rest is cut. */
  async #longText(): Promise<void> {
    const { carol, ids } = this.#house
    const said = `${this.#said()} ${'🦜'.repeat(11_000)}`
    const isPaid = this.#below(2) === 0
    const content: Content = { dataMessage: { body: said }, ...(isPaid && { proMessage: { msgBitset: 1n } as never }) }
    const at = await carol.write(encodeContent(content), { to: ids.alice })
    this.#carol(at, text([...said].slice(0, isPaid ? 10_000 : 2000).join('')))
  }

  /** No time inside, no timer, no profile, no padding to speak of. */
  async #oldClient(): Promise<void> {
    const { carol, ids } = this.#house
    const said = this.#said()
    this.#carol(await carol.write(encodeContent({ dataMessage: { body: said } }), { to: ids.alice }), text(said))
  }

  async #lines(): Promise<void> {
    const savedAt = this.#house.net.clock.now()
    const invitation = { url: 'https://example.org/room?public_key=00', name: 'Room' }
    const all = [
      [{ kind: 'dataExtraction', what: 'screenshot' }, notice({ kind: 'screenshot' })],
      [{ kind: 'dataExtraction', what: 'mediaSaved', at: savedAt }, notice({ kind: 'mediaSaved', savedAt })],
      [{ kind: 'visible', invitation }, unsupported('invitation')],
      [{ kind: 'timerChange' }, notice({ kind: 'timerChanged' })],
    ] as const
    const [draft, line] = pick(this.#house.net.random, all)!
    this.#carol(await this.#say(draft), line)
  }

  async #unknown(): Promise<void> {
    const { carol, ids } = this.#house
    const call = encodeContent({ callMessage: { type: PRE_OFFER, uuid: 'u' } as never })
    const [content, what] = this.#below(2) === 0 ? [call, 'call'] : [bytesField(300, utf8('later')), 'unknown']
    this.#carol(await carol.write(content, { to: ids.alice }), unsupported(what))
  }

  async #accepts(): Promise<void> {
    const at = await this.#say({ kind: 'requestResponse' })
    this.#acceptedAt ??= at
    if (this.#acceptedAt === at) this.#carol(at, notice({ kind: 'requestAccepted' }))
  }

  async #earlyUnsend(): Promise<void> {
    const at = this.#house.carol.now()
    await this.#say({ kind: 'unsend', target: this.#ref(at) })
    await this.#wait()
    await this.#say({ kind: 'visible', text: this.#said() }, at)
    this.#carol(at, GONE)
  }

  async #unsend(): Promise<void> {
    const at = await this.#say({ kind: 'visible', text: this.#said() })
    await this.#wait()
    await this.#say({ kind: 'unsend', target: this.#ref(at) })
    this.#carol(at, GONE)
  }

  async #earlyReaction(): Promise<void> {
    const said = this.#said()
    const at = this.#house.carol.now()
    await this.#say({ kind: 'reaction', target: this.#ref(at), emoji: '👍', action: 'react' })
    await this.#say({ kind: 'reaction', target: this.#ref(at), emoji: '🎉', action: 'react' })
    await this.#say({ kind: 'reaction', target: this.#ref(at), emoji: '🎉', action: 'remove' })
    await this.#wait()
    await this.#say({ kind: 'visible', text: said }, at)
    this.#carol(at, { ...text(said), reactions: ['carol 👍'] })
  }

  /** What another device of Alice's sent to Carol. */
  async #copy(): Promise<void> {
    const said = this.#said()
    this.#alice(await this.#sync(said), text(said))
  }

  async #earlyUnsendOfCopy(): Promise<void> {
    const { sister, ids } = this.#house
    const at = sister.now()
    await sister.say({ kind: 'unsend', target: { author: ids.alice, sentAt: at } }, { to: ids.alice })
    await this.#wait()
    await this.#sync(this.#said(), at)
    this.#alice(at, GONE)
  }

  async #earlyReceipt(): Promise<void> {
    const said = this.#said()
    const at = this.#house.sister.now()
    await this.#say({ kind: 'readReceipt', timestamps: [at] })
    await this.#wait()
    await this.#sync(said, at)
    this.#alice(at, { ...text(said), isRead: true })
  }

  /** Of our own account only copies count; and nobody's times are far away. */
  async #nonsense(): Promise<void> {
    const { sister, ids } = this.#house
    await sister.say({ kind: 'visible', text: 'without a place' }, { to: ids.alice })
    await sister.say({ kind: 'typing', action: 'started' }, { to: ids.alice })
    await sister.say({ kind: 'requestResponse' }, { to: ids.alice })
    await sister.say({ kind: 'readReceipt', timestamps: [sister.now()] }, { to: ids.alice })
  }

  async #newerProtocol(): Promise<void> {
    const { carol, ids, net } = this.#house
    await carol.store(ids.alice, Uint8Array.from([0, ...net.random(300)]))
    this.newer++
  }

  /** A node gives everything that it has another outside. */
  async #again(): Promise<void> {
    const { carol, ids, net } = this.#house
    for (const stored of storedFor(net, ids.alice).slice(-6)) {
      if (stored[0] !== 0) await carol.store(ids.alice, rewrapped(stored, net.random), days(13))
    }
  }

  #say(draft: Parameters<Household['carol']['say']>[0], at?: number): Promise<number> {
    const { carol, ids } = this.#house
    return carol.say(draft, { to: ids.alice, name: 'Carol', ...(at === undefined ? {} : { at }) })
  }

  #sync(said: string, at = this.#house.sister.now() as number): Promise<number> {
    const { sister, ids, carol } = this.#house
    return sister.say({ kind: 'visible', text: said }, { to: ids.alice, at, syncTarget: carol.accountId })
  }

  #carol(at: number, line: Line): void {
    this.lines.set(`carol ${at}`, line)
  }

  #alice(at: number, line: Line): void {
    this.lines.set(`alice ${at}`, line)
  }

  #ref(sentAt: number): MessageRef {
    return { author: this.#house.carol.accountId, sentAt: sentAt as MessageRef['sentAt'] }
  }

  #said(): string {
    return `word carol ${this.#count++}`
  }

  async #wait(): Promise<void> {
    if (this.#below(2) === 0) await this.#house.net.advance(minutes(0.2))
  }

  #below(limit: number): number {
    return randomInteger(this.#house.net.random, limit)
  }
}
