/**
 * A chat that is opened on the way takes the focus: whoever walks through the hits has it back, unless they left by
 * themselves.
 */
export type HeldFocus = {
  /** From now on for a while: longer than a chat takes to open. */
  hold(): void
  /** Somebody goes elsewhere by themselves. */
  letGo(): void
  readonly isHeld: boolean
}

const HOLD_MS = 1_500

/** `now`: milliseconds that never go back. */
export function createHeldFocus(now: () => number): HeldFocus {
  let until = 0
  return {
    hold() {
      until = now() + HOLD_MS
    },
    letGo() {
      until = 0
    },
    get isHeld() {
      return now() < until
    },
  }
}
