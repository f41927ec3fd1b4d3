/** The public API, continued: what a person sets for this device, and the log of what happened. Plain, immutable values. */
import type { UnixMillis } from '@starling/protocol'

/** What others are told, to approved contacts only, and what is fetched for them. */
export type Settings = {
  /** Tell contacts which of their messages were read, and show what they tell. Off by default. */
  readonly readReceipts: boolean
  /** Tell contacts when we type, and show when they do. Off by default. */
  readonly typing: boolean
  /** Tell contacts that a device of ours has their messages. On by default. */
  readonly deliveryReceipts: boolean
  /** Make previews of links that we send. Off by default: the page sees that somebody asks for it. */
  readonly linkPreviews: boolean
}

/** Who caused it: this device, another one of the same account, or somebody else. */
export type EventSource = 'thisDevice' | 'otherDevice' | 'contact'

/** One kind of thing that happened, `count` times in a row. Names nobody. */
export type LoggedEvent = {
  readonly at: UnixMillis
  readonly source: EventSource
  /** A constant name, such as `message.filed` or `config.merged`. */
  readonly kind: string
  readonly count: number
}

/** The last 500, oldest first; forgotten when the client ends. */
export type EventLog = readonly LoggedEvent[]

/** `signal`: rejects with its reason. What is durable by then stays, and what was not begun is not done. */
export type CallOptions = { readonly signal?: AbortSignal }
