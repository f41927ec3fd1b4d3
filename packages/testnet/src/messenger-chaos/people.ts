/** Alice and Bob do what comes to their mind, on whatever device; the model notes what the device took on. */
import { ActionError, type ConversationId, type MessageDraft, type MessageView, StoreError } from '@starling/client'
import { type Expiration, millis, parseAccountId } from '@starling/protocol'
import { pick, randomInteger } from '@starling/runtime'
import type { TestClient } from '../test-client.ts'
import { Entry, saidIn, type Thread } from './expected.ts'
import { DEVICES, type Device, type Household, type Person, personOf } from './household.ts'

const EMOJI = ['👍', '🎉', '❤️']
/** Longer than everything takes, so that nothing is over before all have it. */
export const TIMER = 1500
const TIMERS: readonly (Expiration | undefined)[] = [
  undefined,
  { mode: 'afterSend', seconds: TIMER },
  { mode: 'afterRead', seconds: TIMER },
]
const ANY_DELAY = millis(10)

export class People {
  readonly entries: Entry[] = []
  /** How often each person reported a saved file. */
  readonly saved = { alice: 0, bob: 0 }
  /** Up to where each person has read; `doubtful`: a disk broke over it. */
  readonly readUpTo: Record<Person, number | 'doubtful'> = { alice: 0, bob: 0 }
  readonly #house: Household
  readonly #log: (line: string) => void
  #count = 0

  constructor(house: Household, log: (line: string) => void) {
    this.#house = house
    this.#log = log
  }

  /** What was said before the model looked. */
  async adopt(): Promise<void> {
    for (const view of await this.#house.shown('phone', this.#house.ids.bob)) {
      const entry = this.#note('pair', view)
      // Who accepts gets no line about it.
      if (view.direction === 'incoming' && view.body.kind === 'notice') entry.goneAt.add('bob')
    }
  }

  async step(): Promise<void> {
    const device = this.#pick(DEVICES)
    const deeds = [
      ...Array.from({ length: 6 }, () => () => this.#send(device)),
      () => this.#noteToSelf(device),
      () => this.#react(device),
      () => this.#react(device),
      () => this.#delete(device),
      () => this.#setTimer(device),
      () => this.#read(device),
      () => this.#type(device),
      () => this.#reportSaved(device),
      () => this.#changeSelf(device),
      () => this.#changeConversation(device),
    ]
    await this.#pick(deeds)()
  }

  /** Each person says a last word, by which the other learns their latest name and picture. */
  async sayFarewell(): Promise<void> {
    for (const device of ['phone', 'bob'] as const) {
      await this.#say(device, 'pair', this.#house.pairOf(device), { text: this.#text('farewell') })
    }
  }

  /** Who knows up to where they have read. */
  doubtReading(device: Device): void {
    this.readUpTo[personOf(device)] = 'doubtful'
  }

  personOf(account: string): string {
    const { ids, carol, stranger } = this.#house
    if (account === ids.alice) return 'alice'
    if (account === ids.bob) return 'bob'
    if (account === carol.accountId) return 'carol'
    return account === stranger.accountId ? 'stranger' : 'nobody'
  }

  async #send(device: Device): Promise<void> {
    const pair = this.#house.pairOf(device)
    const draft = await this.#draft(device)
    await this.#say(device, 'pair', pair, draft)
  }

  async #noteToSelf(device: Device): Promise<void> {
    if (device === 'bob') return this.#send(device)
    await this.#say(device, 'note', this.#house.ids.alice as string as ConversationId, { text: this.#text('note') })
  }

  async #say(device: Device, thread: Thread, id: ConversationId, draft: MessageDraft): Promise<void> {
    const { api } = this.#house.devices[device]
    await this.#try(device, `${thread} ${kindOf(draft)} ${draft.text?.slice(0, 20)}`, () => api.send(id, draft))
    const views = await this.#house.shown(device, id)
    const view = views.find(({ body }) => body.kind === 'text' && body.text === draft.text)
    if (view !== undefined) this.#note(thread, view)
  }

  async #draft(device: Device): Promise<MessageDraft> {
    const { ids, devices } = this.#house
    const text = this.#text(device)
    switch (this.#below(7)) {
      case 0:
        return { text: `${text} ${'long '.repeat(390)}` }
      case 1:
        return { text: `${text} @${ids[personOf(device) === 'alice' ? 'bob' : 'alice']}` }
      case 2: {
        const quote = this.#pick(await this.#whole(device))
        return quote === undefined ? { text } : { text, quote: quote.id }
      }
      case 3: {
        const isVoice = this.#below(2) === 0
        const contentType = isVoice ? 'audio/aac' : 'image/png'
        const file = { bytes: this.#house.net.random(1000), contentType, fileName: `${this.#count}`, isVoice }
        return { text, attachments: [await this.#upload(devices[device], file)] }
      }
      case 4:
        return { text: `${text} https://example.org/a`, preview: { url: 'https://example.org/a', title: 'A page' } }
      default:
        return { text }
    }
  }

  async #upload(client: TestClient, file: Parameters<TestClient['api']['files']['upload']>[0]) {
    const uploading = client.api.files.upload(file)
    await this.#house.net.advance(ANY_DELAY)
    return uploading
  }

  async #react(device: Device): Promise<void> {
    const target = this.#pick(await this.#whole(device))
    if (target === undefined) return
    const emoji = this.#pick(EMOJI)
    const person = personOf(device)
    const isMine = (view: MessageView | undefined) =>
      view?.reactions.some((reaction) => reaction.emoji === emoji && reaction.mine) ?? false
    const isOn = !isMine(target) || this.#below(3) > 0
    // Saying the same again tells nobody.
    if (isMine(target) === isOn) return
    const { api } = this.#house.devices[device]
    await this.#try(device, `${isOn ? 'reacts' : 'withdraws'} ${emoji} ${target.sentAt}`, () =>
      isOn ? api.react(target.id, emoji) : api.removeReaction(target.id, emoji),
    )
    const after = (await this.#house.shown(device, target.conversation)).find(({ id }) => id === target.id)
    if (isMine(after) === isOn) this.#entry(target)?.react(person, emoji, isOn)
  }

  async #delete(device: Device): Promise<void> {
    const target = this.#pick(await this.#whole(device, { withNotes: true }))
    if (target === undefined) return
    const isOwn = target.direction === 'outgoing'
    const scope = this.#pick(
      isOwn ? (['thisDevice', 'myDevices', 'everyone'] as const) : (['thisDevice', 'myDevices'] as const),
    )
    const { api } = this.#house.devices[device]
    const entry = this.#entry(target)
    if (target.delivery?.kind === 'queued' && entry) entry.isDoubtful = true
    await this.#try(device, `deletes ${scope} ${target.sentAt}`, () => api.deleteMessages([target.id], scope))
    const after = (await this.#house.shown(device, target.conversation)).find(({ id }) => id === target.id)
    if (after === undefined || after.deleted) entry?.delete(device, scope)
  }

  async #setTimer(device: Device): Promise<void> {
    const timer = this.#pick(TIMERS)
    const pair = this.#house.pairOf(device)
    const { api } = this.#house.devices[device]
    const before = new Set((await this.#house.shown(device, pair)).map(({ id }) => id))
    await this.#try(device, `timer ${timer?.mode}`, () => api.setExpiration(pair, timer))
    for (const view of await this.#house.shown(device, pair)) {
      if (!before.has(view.id) && isTimerChange(view) && view.direction === 'outgoing') this.#note('pair', view)
    }
  }

  async #read(device: Device): Promise<void> {
    const pair = this.#house.pairOf(device)
    const views = await this.#house.shown(device, pair)
    const target = this.#pick(views)
    if (target === undefined) return
    const here = new Set(views.map(({ author, sentAt }) => `${this.personOf(author)} ${sentAt}`))
    await this.markRead(device, pair, target)
    for (const entry of this.entries) {
      const isMissed = entry.sentAt <= target.sentAt && !here.has(entry.name) && !entry.goneAt.has(device)
      if (isMissed) entry.passedBy.add(personOf(device))
    }
  }

  async markRead(device: Device, id: ConversationId, target: MessageView): Promise<void> {
    const isDone = await this.#try(device, `reads ${target.sentAt}`, async () => {
      await using history = await this.#house.devices[device].api.history(id)
      await history.markRead(target.id)
    })
    const person = personOf(device)
    const before = this.readUpTo[person]
    // Devices agree on what was read up to now: what was written by a wrong clock is read again when its time has come.
    const isAhead = this.entries.some(({ sentAt }) => sentAt > this.#house.net.clock.now())
    if (!isDone || isAhead || this.#house.devices[device].clock.offset !== 0) this.readUpTo[person] = 'doubtful'
    else if (before !== 'doubtful') this.readUpTo[person] = Math.max(before, target.sentAt)
  }

  async #type(device: Device): Promise<void> {
    const isTyping = this.#below(3) > 0
    const { api } = this.#house.devices[device]
    await this.#try(device, 'types', () => api.setTyping(this.#house.pairOf(device), isTyping))
  }

  /** Whoever reports it does not see the line; so whether it was written is known only of a disk that works. */
  async #reportSaved(device: Device): Promise<void> {
    const target = this.#pick((await this.#whole(device)).filter(({ direction }) => direction === 'incoming'))
    const { api, disk } = this.#house.devices[device]
    if (target === undefined || disk.writesLeft < Number.POSITIVE_INFINITY) return
    await this.#try(device, `saved ${target.sentAt}`, () => api.reportMediaSaved(target.id))
    this.saved[personOf(device)]++
  }

  async #changeSelf(device: Device): Promise<void> {
    const client = this.#house.devices[device]
    const name = `${personOf(device)} ${this.#count++}`
    await this.#try(device, `is ${name}`, () => client.api.setDisplayName(name))
    if (this.#below(2) > 0) return
    await this.#try(device, 'picture', async () => {
      const uploading = client.api.files.uploadPicture(this.#house.net.random(500))
      await this.#house.net.advance(ANY_DELAY)
      await client.api.setProfilePicture(await uploading)
    })
  }

  async #changeConversation(device: Device): Promise<void> {
    const { api } = this.#house.devices[device]
    const isOn = this.#below(2) === 0
    const change = this.#pick([
      { pinned: isOn },
      { muted: isOn },
      { markedUnread: isOn },
      { nickname: `N${this.#count++}` },
    ])
    const id = this.#house.pairOf(device)
    await this.#try(device, JSON.stringify(change), () => api.updateConversation(id, change))
  }

  /** Whether it was done. A disk that breaks meanwhile ends the app; it is started again. */
  async #try(device: Device, what: string, deed: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.#house.meanwhile(deed())
      this.#log(`${device}: ${what}`)
      return true
    } catch (error) {
      if (error instanceof ActionError && error.code === 'rate_limited') return false
      if (!(error instanceof StoreError)) throw error
      this.#log(`${device}: ${what}, and its disk broke`)
      await this.#house.restart(device)
      return false
    }
  }

  #note(thread: Thread, view: MessageView): Entry {
    const author = this.personOf(view.author) as Person
    const said = saidIn(view, (account) => this.personOf(account))
    const entry = new Entry(thread, author, view.sentAt, said)
    this.entries.push(entry)
    return entry
  }

  /** Messages with something in them, as the device shows them. */
  async #whole(device: Device, { withNotes = false } = {}): Promise<readonly MessageView[]> {
    const pair = await this.#house.shown(device, this.#house.pairOf(device))
    const notes = withNotes && device !== 'bob' ? await this.#house.shown(device, this.#house.ids.alice) : []
    return [...pair, ...notes].filter(({ body, deleted }) => body.kind === 'text' && !deleted)
  }

  #entry({ author, sentAt }: MessageView): Entry | undefined {
    return this.entries.find((entry) => entry.name === `${this.personOf(parseAccountId(author))} ${sentAt}`)
  }

  #text(of: string): string {
    return `word ${of} ${this.#count++}`
  }

  #pick<T>(list: readonly T[]): T {
    return pick(this.#house.net.random, list) as T
  }

  #below(limit: number): number {
    return randomInteger(this.#house.net.random, limit)
  }
}

function isTimerChange({ body }: MessageView): boolean {
  return body.kind === 'notice' && body.notice.kind === 'timerChanged'
}

function kindOf({ text = '', quote, attachments, preview }: MessageDraft): string {
  if (quote !== undefined) return 'reply'
  if (attachments !== undefined) return attachments.some(({ isVoice }) => isVoice) ? 'voice' : 'file'
  if (preview !== undefined) return 'preview'
  if (text.includes('@')) return 'mention'
  return text.length > 1000 ? 'long text' : 'text'
}
