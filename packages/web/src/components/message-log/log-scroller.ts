/**
 * Keeps a few rows of a log in the page, around what the reader looks at, and never moves that when rows come, go or grow
 * elsewhere. Everything happens at once, before the page is painted.
 *
 * Invariants: `#shown` is what the page has, with `#above` pixels of empty space before it. Who scrolls is not interfered with:
 * what rows above turn out to be taller or shorter goes into that space, which is put right when nothing moves.
 */
import { type Keyed, RowLayout, type RowRange } from './row-layout.ts'

/** What the log needs of the page. Pixels. */
export interface LogPage {
  /** Of what the reader sees. */
  readonly height: number
  readonly scrollHeight: number
  scrollTop: number
  /** From the top of all that is scrolled to the space above the rows. */
  readonly lead: number
  /** Puts these rows into the page, in place of those before, at once. */
  mount(range: RowRange): void
  /** The heights of the rows that were mounted last. */
  heights(): readonly number[]
  setSpace(space: { readonly above: number; readonly below: number }): void
}

/** Where to go: a row at so many pixels from the top edge, in the middle, or just into view; or the end. */
export type LogGoal =
  | { readonly kind: 'end' }
  | { readonly kind: 'row'; readonly key: string; readonly at: number | 'center' | 'nearest' }

/** Rows are there so far beyond the edges: when the reader comes somewhere else, at least, and when there was time for more. */
const AT_FIRST = 60
const LEAST_AHEAD = 250
const AHEAD = 700
/** Empty space that is left to who scrolls up, before the page is scrolled to make more of it. */
const LEAST_ROOM = 2000
/** Pixels from the end that still count as being there. */
const AT_END = 4
/** Rows that turn out to be smaller than thought leave room for others: how often it is filled. */
const MOST_PASSES = 4

const NOTHING: RowRange = { start: 0, end: 0 }

/** A row, and where its top is in the view. */
type Anchor = { readonly key: string; readonly top: number }

export class LogScroller {
  readonly #page: LogPage
  readonly #layout = new RowLayout()
  #shown: RowRange = NOTHING
  #above = 0
  /** The rows in view, top to bottom: any of them may go. */
  #anchors: readonly Anchor[] = []
  #lastTop = 0
  #lastHeight = 0
  #isMoving = false
  #isAtEnd = true

  constructor(page: LogPage) {
    this.#page = page
  }

  /** The reader is at the end of the rows, and stays there when some are added. */
  get isAtEnd(): boolean {
    return this.#isAtEnd
  }

  /** Pixels of rows above the view. */
  get fromStart(): number {
    return this.#page.scrollTop - this.#page.lead - this.#drift
  }

  /** Pixels of rows below the view. */
  get fromEnd(): number {
    return this.#page.scrollHeight - this.#page.scrollTop - this.#page.height
  }

  /** The rows in view. */
  view(): RowRange {
    const top = this.fromStart
    return this.#layout.rangeBetween(top, top + this.#page.height - AT_END)
  }

  /** How far the top of a row is above that of the view. */
  aboveView(index: number): number {
    return this.fromStart - this.#layout.topOf(index)
  }

  /** The first rows, and where to begin. */
  begin(rows: readonly Keyed[], goal: LogGoal): void {
    this.#layout.setRows(rows)
    this.goTo(goal)
  }

  /** Other rows. What the reader looks at stays, as far as it is among them; `follow`: who is at the end stays there. */
  setRows(rows: readonly Keyed[], { follow }: { readonly follow: boolean }): void {
    const { start, end } = this.#shown
    const [first, last] = [start, end - 1].map((index) => this.#layout.rows[index]?.key ?? '')
    this.#layout.setRows(rows)
    const shown = { start: this.#layout.indexOf(first ?? ''), end: this.#layout.indexOf(last ?? '') + 1 }
    this.#shown = shown.start >= 0 && shown.start < shown.end ? shown : NOTHING
    this.#stay(follow)
  }

  /** Rows or the view may have other sizes. False: they have not. */
  resized({ follow }: { readonly follow: boolean }): boolean {
    const isOtherView = this.#page.height !== this.#lastHeight
    const isOther = this.#measure() || isOtherView
    if (isOther) this.#stay(follow)
    return isOther
  }

  goTo(goal: LogGoal): void {
    const wanted = this.#resolve(goal)
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      const top = this.#topFor(wanted)
      if (pass > 0 && this.#covers(top, AT_FIRST)) break
      this.#mount(this.#needed(top, AT_FIRST))
    }
    this.#setAbove(this.#layout.topOf(this.#shown.start))
    const { scrollHeight, lead } = this.#page
    this.#scrollTo(wanted.kind === 'end' ? scrollHeight : lead + this.#topFor(wanted))
    this.#isAtEnd = wanted.kind === 'end' || this.fromEnd <= AT_END
    this.#remember()
  }

  /** Somebody scrolled, or the page did. */
  scrolled(): void {
    this.#isMoving = true
    const top = this.#page.scrollTop
    if (this.fromEnd <= AT_END) this.#isAtEnd = true
    // Rows that came below do not take the reader away from the end: only going up does.
    else if (top < this.#lastTop) this.#isAtEnd = false
    this.#lastTop = top
    this.#cover()
    this.#remember()
  }

  /** Nothing moves any more: the space above becomes what it should be, which nobody sees. */
  settled(): void {
    this.#isMoving = false
    this.#straighten()
  }

  /** Mounts some of the rows that are about to come into view, at most so many. How many; 0: all of them are there. */
  fill(most: number): number {
    const top = this.fromStart
    const wanted = this.#around(top, AHEAD)
    const { start, end } = this.#needed(top, 0)
    const above = Math.max(0, Math.min(most, start - wanted.start))
    const below = above > 0 ? 0 : Math.max(0, Math.min(most, wanted.end - end))
    if (above + below > 0) this.#holdView({ start: start - above, end: end + below }, top)
    return above + below
  }

  #stay(follow: boolean): void {
    const anchor = this.#anchors.find(({ key }) => this.#layout.indexOf(key) >= 0)
    if ((this.#isAtEnd && follow) || anchor === undefined) {
      this.goTo({ kind: 'end' })
      return
    }
    const index = this.#layout.indexOf(anchor.key)
    const needed = this.#needed(this.#layout.topOf(index) - anchor.top, LEAST_AHEAD)
    this.#hold({ start: Math.min(needed.start, index), end: Math.max(needed.end, index + 1) }, index, anchor.top)
    if (!this.#isMoving) this.#straighten()
    this.#cover()
    this.#remember()
  }

  /** Who scrolls is quicker than whoever fills: what is in view has to be there now. */
  #cover(): void {
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      const top = this.fromStart
      if (this.#covers(top, LEAST_AHEAD)) return
      this.#holdView(this.#needed(top, LEAST_AHEAD), top)
    }
  }

  /** Mounts `range`; what is in view at `top`, and there already, stays where it is. */
  #holdView(range: RowRange, top: number): void {
    const { start, end } = this.#shown
    const shared = Math.max(start, range.start)
    const index = shared < Math.min(end, range.end) ? shared : range.start
    this.#hold(range, index, this.#layout.topOf(index) - top)
  }

  /** Mounts `range`, and one of its rows stays so far from the top of the view. */
  #hold(range: RowRange, index: number, inView: number): void {
    const { scrollTop, lead } = this.#page
    this.#mount(range)
    // For a moment there may be too little to scroll. Asked for here, it does not have the page laid out once more.
    const wasShort = this.#page.scrollTop !== scrollTop
    const { start } = this.#shown
    this.#setAbove(scrollTop - lead + inView - (this.#layout.topOf(index) - this.#layout.topOf(start)))
    if (wasShort) this.#scrollTo(scrollTop)
    const room = Math.min(LEAST_ROOM, this.#layout.topOf(start))
    if (this.#above < room || (start === 0 && this.#above > 0)) this.#straighten()
  }

  #straighten(): void {
    const drift = this.#drift
    if (Math.abs(drift) < 1) return
    const top = this.#page.scrollTop
    this.#setAbove(this.#above - drift)
    this.#scrollTo(top - drift)
  }

  /** By how much the space above is too large. */
  get #drift(): number {
    return this.#above - this.#layout.topOf(this.#shown.start)
  }

  #scrollTo(top: number): void {
    this.#page.scrollTop = top
    this.#lastTop = this.#page.scrollTop
  }

  #mount(range: RowRange): void {
    this.#shown = range
    this.#page.mount(range)
    this.#measure()
  }

  #measure(): boolean {
    this.#lastHeight = this.#page.height
    const { start } = this.#shown
    return this.#page.heights().filter((height, index) => this.#layout.measure(start + index, height)).length > 0
  }

  #setAbove(above: number): void {
    this.#above = above
    this.#page.setSpace({ above: Math.max(0, above), below: this.#layout.height - this.#layout.topOf(this.#shown.end) })
  }

  #around(top: number, ahead: number): RowRange {
    return this.#layout.rangeBetween(top - ahead, top + this.#page.height + ahead)
  }

  /** What is there already is part of it, as long as it is not far away: it costs nothing. */
  #needed(top: number, ahead: number): RowRange {
    const [least, most] = [this.#around(top, ahead), this.#around(top, AHEAD)]
    const start = Math.max(this.#shown.start, most.start)
    const end = Math.min(this.#shown.end, most.end)
    // Rows in between would be missing.
    if (start > least.end || end < least.start) return least
    return { start: Math.min(start, least.start), end: Math.max(end, least.end) }
  }

  #covers(top: number, ahead: number): boolean {
    const { start, end } = this.#around(top, ahead)
    return start >= this.#shown.start && end <= this.#shown.end
  }

  /** Just into view is at one of the edges, or where it is. */
  #resolve(goal: LogGoal): LogGoal {
    if (goal.kind === 'end' || goal.at !== 'nearest') return goal
    const index = this.#layout.indexOf(goal.key)
    const inView = this.#layout.topOf(index) - this.fromStart
    const lowest = this.#page.height - this.#layout.heightOf(index)
    return { ...goal, at: Math.max(0, Math.min(inView, lowest)) }
  }

  /** From the top of the first row to that of the view. */
  #topFor(goal: LogGoal): number {
    const { height } = this.#page
    if (goal.kind === 'end') return this.#layout.height - height
    const index = this.#layout.indexOf(goal.key)
    const middle = (height - this.#layout.heightOf(index)) / 2
    return this.#layout.topOf(index) - (typeof goal.at === 'number' ? goal.at : middle)
  }

  #remember(): void {
    const { start, end } = this.view()
    const top = this.fromStart
    const rows = this.#layout.rows.slice(start, end)
    this.#anchors = rows.map(({ key }, index) => ({ key, top: this.#layout.topOf(start + index) - top }))
  }
}
