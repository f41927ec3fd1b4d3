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
  /** Make previews of links that we send. Off by default: a service learns the link, though not who asks. */
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

/**
 * `signal` calls off. Aborted before the call: it rejects with the signal's reason, and nothing was done. Aborted while it
 * runs: what waits, reads or computes ends soon and rejects with the reason (Argon2 first comes to its end: about a second); a
 * write that has begun is finished, whole, and the call resolves. So what rejects with the reason has written nothing, but for
 * `restoreAccount`, and `importArchive` where an account is, which keep what came by then, what `flush` and uploads got out, and
 * the attempt that `unlock` and `setPassphrase` note. The same for iterables.
 */
export type CallOptions = { readonly signal?: AbortSignal }
