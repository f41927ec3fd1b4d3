import type {
  AccountId,
  ConversationId,
  Delivery,
  Expiration,
  MessageId,
  MessageView,
  UnixMillis,
} from '@starling/client'

/** Noon UTC of a Friday: the moment at which the sample conversations are looked at. */
export const sampleNow = Date.UTC(2026, 10, 20, 21, 59) as UnixMillis

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A valid-looking account ID that belongs to `name` for ever. */
export function sampleAccountId(name: string): AccountId {
  let state = 2_166_136_261
  for (const character of name) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16_777_619)
  let hex = '05'
  while (hex.length < 66) {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9
    hex += ((state ^ (state >>> 13)) >>> 0).toString(16).padStart(8, '0')
  }
  return hex.slice(0, 66) as AccountId
}

export type SampleMessage = {
  readonly text: string | undefined
  readonly mine: boolean
  readonly ago: number
  readonly delivery?: Delivery
  /** What else the message has. */
  readonly more?: Partial<MessageView>
}

export type SampleConversation = {
  readonly name: string
  readonly kind: 'contact' | 'request' | 'noteToSelf'
  readonly pinned?: boolean
  readonly muted?: boolean
  readonly verified?: true
  readonly blocked?: boolean
  readonly markedUnread?: boolean
  readonly unread?: number
  readonly draft?: string
  readonly typing?: boolean
  readonly mentioned?: true
  readonly expiration?: Expiration
  readonly messages: readonly SampleMessage[]
}

const said = (ago: number, text: string): SampleMessage => ({ text, mine: false, ago })
const wrote = (ago: number, text: string, delivery: Delivery = { kind: 'stored', on: 7, of: 7 }): SampleMessage => ({
  text,
  mine: true,
  ago,
  delivery,
})

/** The conversations of the main screen. */
export const sampleConversations: readonly SampleConversation[] = [
  {
    name: 'Wendy',
    kind: 'contact',
    pinned: true,
    unread: 2,
    messages: [
      said(3 * day + 2 * hour, 'Are you still coming on Friday?'),
      wrote(3 * day + hour, 'Of course. I land at nine if the wind is kind.'),
      wrote(
        11 * hour + 40 * minute,
        'Your flight is moved to gate 14, boarding 22:10. You are probably in the air already, so this will have to wait for you.',
      ),
      said(
        22 * minute,
        'Phone was dead for eleven hours. Turned it on at the belt and yes — it was there when I landed.',
      ),
      said(19 * minute, 'Where did it wait, actually?'),
      wrote(18 * minute, 'With seven strangers who could not read it.'),
      wrote(17 * minute, 'Coffee on Sunday?', { kind: 'stored', on: 6, of: 7 }),
    ],
  },
  {
    name: 'Murmuration',
    kind: 'contact',
    unread: 4,
    messages: [
      said(52 * minute, 'pictures from the pier'),
      said(50 * minute, 'the whole flock turned at once'),
      said(49 * minute, 'did you see it?'),
      said(48 * minute, 'write when you are back'),
    ],
  },
  {
    name: 'Dave',
    kind: 'contact',
    draft: 'about Thursday',
    messages: [said(26 * hour, 'Does Thursday still work for you?')],
  },
  { name: 'Note to Self', kind: 'noteToSelf', messages: [wrote(28 * hour, 'Boarding pass · window')] },
  {
    name: 'Oluwaseun',
    kind: 'contact',
    muted: true,
    unread: 12,
    messages: [
      said(2 * day + 4 * hour, 'The recording of last night is up'),
      { text: undefined, mine: false, ago: 2 * day },
    ],
  },
  {
    name: 'Priya',
    kind: 'contact',
    messages: [
      wrote(3 * day, 'I sent the keys by post', { kind: 'failed', reason: 'unreachable' }),
      wrote(3 * day - minute, 'They should arrive tomorrow', { kind: 'queued', waitingForNetwork: true, of: 7 }),
    ],
  },
  {
    name: 'Book club',
    kind: 'contact',
    markedUnread: true,
    messages: [said(4 * day, 'chapter nine, then?')],
  },
  { name: 'Jun', kind: 'contact', messages: [wrote(8 * day, 'safe travels')] },
  {
    name: 'Bartholomew Featherstonehaugh-Cholmondeley of the Northern Marshes',
    kind: 'contact',
    messages: [said(40 * day, 'A rather long message\nthat spans two lines and does not fit into the list at all')],
  },
  { name: 'Mallory', kind: 'contact', blocked: true, messages: [said(320 * day, 'Hello? Hello?')] },
  {
    name: 'Grace',
    kind: 'request',
    unread: 1,
    messages: [said(3 * hour, 'Hi, we met at the reading last week. Is this you?')],
  },
  { name: 'Lucky Winner', kind: 'request', unread: 1, messages: [said(9 * hour, 'You have been chosen')] },
]

const phrases = [
  'Did you see the flock over the station?',
  'Thousands of them, and not one collision.',
  'Seven neighbours each. That is all it takes.',
  'Meet at the pier, the usual bench.',
  'Running ten minutes late, sorry!',
  'The bread is in the oven. The whole house smells of it, and I may not be able to wait until you are here.',
  'ok',
  'https://example.org/a-link-that-nobody-fetches',
  'Bring a coat, it gets cold when the sun is down.',
  'That is exactly what I meant. I could not have put it better, and I tried three times before I gave up and went for a walk.',
]

/** A conversation with `count` messages, a few minutes apart, the newest just now. */
export function longConversation(count: number): SampleConversation {
  const messages = Array.from({ length: count }, (_, index): SampleMessage => {
    const text = `${phrases[index % phrases.length]} (${index + 1})`
    const ago = (count - index) * 7 * minute
    return index % 3 === 1 ? wrote(ago, text) : said(ago, text)
  })
  return { name: 'Alice', kind: 'contact', messages }
}

/** `count` short conversations with different names and times. */
export function manyConversations(count: number): readonly SampleConversation[] {
  const names = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank', 'Grace', 'Heidi', 'Ivan', 'Judy']
  return Array.from({ length: count }, (_, index) => ({
    name: `${names[index % names.length]} ${index + 1}`,
    kind: 'contact' as const,
    unread: index % 11 === 3 ? (index % 7) + 1 : 0,
    messages: [said((index + 1) * 13 * minute, phrases[index % phrases.length] ?? '')],
  }))
}

/** What most messages have none of. */
export const plainMessage = { reactions: [], mentions: [], attachments: [], previews: [] }

/** The messages of a sample conversation as the client shows them. */
export function sampleMessages(sample: SampleConversation, own: AccountId, now: UnixMillis): readonly MessageView[] {
  const author = sample.kind === 'noteToSelf' ? own : sampleAccountId(sample.name)
  return sample.messages.map((message, index) => ({
    id: `${sample.name}-${index}` as MessageId,
    conversation: author as string as ConversationId,
    author: message.mine ? own : author,
    direction: message.mine ? 'outgoing' : 'incoming',
    body: message.text === undefined ? { kind: 'unsupported' } : { kind: 'text', text: message.text },
    ...plainMessage,
    sentAt: (now - message.ago) as UnixMillis,
    ...(message.delivery === undefined ? {} : { delivery: message.delivery }),
    ...message.more,
  }))
}
