/** That somebody writes, said once in a while as long as they do, and that they stopped: not with every key. */

/** Each time it goes to the worker and back. The client says it to others every ten seconds. */
const SAID_EVERY_MS = 3_000

/** `now`: milliseconds of a clock that never jumps. */
export type Typing = (isTyping: boolean, now: number) => void

export function createTyping(say: (isTyping: boolean) => void): Typing {
  let saidAt: number | undefined
  return (isTyping, now) => {
    const holds = isTyping ? saidAt !== undefined && now - saidAt < SAID_EVERY_MS : saidAt === undefined
    if (holds) return
    saidAt = isTyping ? now : undefined
    say(isTyping)
  }
}
