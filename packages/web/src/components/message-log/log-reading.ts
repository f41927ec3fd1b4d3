/** What follows from where somebody reads in a log: more is loaded, the place is kept, and messages are marked as read. */
import type { HistorySnapshot, MessageId } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'
import type { LogItem } from './log-items.ts'
import { type LogPosition, positionIn } from './log-positions.ts'
import type { LogScroller } from './log-scroller.ts'
import { createReadMark } from './read-mark.ts'

/** Pixels from an end at which more is loaded: about two screens. */
const LOAD_AHEAD = 1600
/** From here on it is a way to the end. */
const FAR_FROM_END = 320

export type LogReading = Snapshots<{ readonly isFarFromEnd: boolean; readonly loadsOlder: boolean }> & {
  /** What is in view may have changed. */
  look(sight: Sight): void
  /** Somebody can see now what is in view. */
  lookAgain(): void
}

/** `rows` are those of `snapshot`, and `scroller` has them. */
export type Sight = {
  readonly snapshot: HistorySnapshot
  readonly rows: readonly LogItem[]
  readonly scroller: Pick<LogScroller, 'fromStart' | 'fromEnd' | 'isAtEnd' | 'view' | 'aboveView'>
}

export type LogReadingOptions = {
  readonly onolder: () => Promise<void>
  readonly onnewer: () => Promise<void>
  readonly onread: (upTo: MessageId) => void
  /** `undefined`: at the end of the conversation. */
  readonly onposition: (position: LogPosition | undefined) => void
  /** Whether somebody can see the log. */
  readonly isSeen: () => boolean
}

export function createLogReading({ onolder, onnewer, onread, onposition, isSeen }: LogReadingOptions): LogReading {
  const store = createStore({ isFarFromEnd: false, loadsOlder: false })
  const mark = createReadMark(onread)
  let sight: Sight | undefined
  let loadsNewer = false

  const change = (changes: Partial<typeof store.snapshot>): void => {
    const next = { ...store.snapshot, ...changes }
    const isOther = next.isFarFromEnd !== store.snapshot.isFarFromEnd || next.loadsOlder !== store.snapshot.loadsOlder
    if (isOther) store.set(next)
  }
  const loadOlder = async (): Promise<void> => {
    change({ loadsOlder: true })
    await onolder()
    change({ loadsOlder: false })
  }
  const loadNewer = async (): Promise<void> => {
    loadsNewer = true
    await onnewer()
    loadsNewer = false
  }
  /** Down to the lowest message in view. */
  const lookAgain = (): void => {
    if (sight === undefined || sight.snapshot.unread === 0 || !isSeen()) return
    mark.seen(sight.rows, sight.scroller.view().end - 1)
  }

  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    look(now) {
      sight = now
      const { snapshot, rows, scroller } = now
      const { fromStart, fromEnd } = scroller
      change({ isFarFromEnd: snapshot.hasNewer || fromEnd > FAR_FROM_END })
      if (fromStart < LOAD_AHEAD && snapshot.hasOlder && !store.snapshot.loadsOlder) void loadOlder()
      if (fromEnd < LOAD_AHEAD && snapshot.hasNewer && !loadsNewer) void loadNewer()
      onposition(scroller.isAtEnd && !snapshot.hasNewer ? undefined : positionIn(rows, scroller))
      lookAgain()
    },
    lookAgain,
  }
}
