/** A request on a link, from the gate to its answer. */
import { FrameKind, utf8 } from '@starling/protocol'
import type { LinkReply } from '@starling/runtime'
import type { Caller, RequestClass } from './callers.ts'
import type { Gate, Refusal } from './gate.ts'
import { MAX_PENDING_PER_LINK } from './limits.ts'

/** Who asks on a link. */
export type Asker = {
  readonly gate: Gate
  readonly caller: Caller
  /** Ends the link at once. */
  readonly cutOff: () => void
  /** Requests that came too fast, less those that did not. */
  refusals: number
}

export type Asked = {
  /** The rate that it counts towards; none for nodes that we know. */
  readonly class: RequestClass | undefined
  readonly payload: Uint8Array
  readonly answer: () => Promise<LinkReply>
}

/** Answers within the limits of who asks; what is over them gets 429 or 503, as over HTTP. */
export async function answerAsker(asker: Asker, asked: Asked): Promise<LinkReply> {
  const { gate, caller } = asker
  const refusal = gate.begin(caller, asked.class)
  if (refusal) return refuse(asker, refusal)
  if (asker.refusals > 0) asker.refusals--
  const bytes = asked.payload.length
  let held = 0
  try {
    const full = gate.hold(caller, bytes)
    if (full) return refuse(asker, full)
    held = bytes
    const reply = await asked.answer()
    if (asked.class) gate.charge(caller, asked.class, bytes + reply.body.length)
    const tooMuch = gate.roomRefusal(caller, reply.body.length)
    return tooMuch ? refuse(asker, tooMuch) : reply
  } finally {
    gate.keep(caller, -held)
    gate.end(caller)
  }
}

/** Frames that ask for nothing that the node does, but cost work all the same. */
export function isControl(kind: number): boolean {
  return kind === FrameKind.ping || kind >= FrameKind.reply
}

function refuse(asker: Asker, { status, text }: Refusal): LinkReply {
  if (status === 429 && ++asker.refusals > MAX_PENDING_PER_LINK) asker.cutOff()
  return { status, body: utf8(text) }
}
