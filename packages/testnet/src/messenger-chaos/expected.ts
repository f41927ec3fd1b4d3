/**
 * What each device must show of what Alice and Bob do: the model. It knows only what a person knows: who did what, when,
 * and in which order each device had seen it.
 */
import type { MessageView } from '@starling/client'
import type { Expiration } from '@starling/protocol'
import { type Device, devicesOf, type Person, personOf } from './household.ts'

/** Between the two, or Alice's note to herself. */
export type Thread = 'pair' | 'note'

/** As much of a message as does not change. */
type Said = {
  readonly text: string
  readonly notice?: string
  readonly quote?: string
  readonly attachments: readonly string[]
  readonly previews: readonly string[]
  readonly mentions: readonly string[]
  readonly expiry?: Expiration
}

export type Shown = Said & { readonly name: string; readonly deleted: boolean; readonly reactions: readonly string[] }

export class Entry {
  readonly thread: Thread
  readonly author: Person
  readonly sentAt: number
  readonly said: Said
  readonly goneAt = new Set<Device>()
  readonly #reactions = new Map<string, boolean>()
  isUnsent = false
  /** Deleted by its author's device before a swarm had it, as far as that device knew: the others may have it or not. */
  isDoubtful = false
  /** Read by somebody before it had come: it is not counted, and nobody is told. */
  readonly passedBy = new Set<Person>()

  constructor(thread: Thread, author: Person, sentAt: number, said: Said) {
    this.thread = thread
    this.author = author
    this.sentAt = sentAt
    this.said = said
  }

  get name(): string {
    return `${this.author} ${this.sentAt}`
  }

  get isNotice(): boolean {
    return this.said.notice !== undefined
  }

  react(person: Person, emoji: string, isOn: boolean): void {
    this.#reactions.set(`${person} ${emoji}`, isOn)
  }

  /** `deleteMessages` on that device. */
  delete(by: Device, scope: 'thisDevice' | 'myDevices' | 'everyone'): void {
    const isOwn = this.author === personOf(by)
    if (scope === 'thisDevice') this.goneAt.add(by)
    else if (scope === 'everyone') this.isUnsent = true
    else if (isOwn) this.#deleteOwn(by)
    else for (const device of devicesOf(personOf(by))) this.goneAt.add(device)
  }

  /** What the device shows; `undefined`: nothing. `isOver`: the time of all messages that disappear has passed. */
  at(device: Device, { isOver = false } = {}): Shown | undefined {
    if (this.goneAt.has(device)) return undefined
    // Lines about what happened stay, and so do placeholders.
    const whole = isOver && this.said.expiry !== undefined && !this.isNotice ? undefined : this.#whole()
    if (this.thread === 'note') return device === 'bob' || this.isUnsent ? undefined : whole
    return this.isUnsent || this.#placeholders.has(device) ? this.#placeholder() : whole
  }

  readonly #placeholders = new Set<Device>()

  /** Other devices of the author keep a placeholder; a note just goes. */
  #deleteOwn(by: Device): void {
    for (const device of devicesOf(this.author)) {
      if (device === by || this.thread === 'note') this.goneAt.add(device)
      else this.#placeholders.add(device)
    }
  }

  #whole(): Shown {
    const reactions = [...this.#reactions].filter(([, isOn]) => isOn).map(([reaction]) => reaction)
    return { ...this.said, name: this.name, deleted: false, reactions: reactions.toSorted(byText) }
  }

  #placeholder(): Shown {
    return { name: this.name, deleted: true, text: '', attachments: [], previews: [], mentions: [], reactions: [] }
  }
}

/** What a view says that does not change. */
export function saidIn(view: MessageView, person: (account: string) => string): Said {
  const { body, quote, attachments, previews, mentions, expiry } = view
  return {
    text: body.kind === 'text' ? body.text : '',
    ...(body.kind === 'text' ? {} : { notice: JSON.stringify(body) }),
    ...(quote && { quote: `${person(quote.author)} ${quote.ref.sentAt}` }),
    attachments: attachments.map(({ fileName, isVoice, size }) => `${fileName} ${isVoice} ${size}`),
    previews: previews.map(({ url, title }) => `${url} ${title}`),
    mentions: mentions.map(({ account }) => person(account)),
    ...(expiry && { expiry: { mode: expiry.mode, seconds: expiry.seconds } }),
  }
}

export function shownIn(view: MessageView, person: (account: string) => string): Shown {
  const reactions = view.reactions.flatMap(({ emoji, authors }) =>
    authors.map((author) => `${person(author)} ${emoji}`),
  )
  return {
    ...saidIn(view, person),
    name: `${person(view.author)} ${view.sentAt}`,
    deleted: view.deleted ?? false,
    reactions: reactions.toSorted(byText),
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
