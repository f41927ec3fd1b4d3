import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { type LogGoal, type LogPage, LogScroller } from './log-scroller.ts'
import type { RowRange } from './row-layout.ts'

type Row = { readonly key: string; readonly height: number }

/** Above the first row. */
const PADDING = 16

/** A page as a browser lays it out: 600 pixels of view, and never scrolled beyond what there is. */
class FakePage implements LogPage {
  height = 600
  rows: readonly Row[] = []
  mounted: readonly Row[] = []
  mounts = 0
  /** Times that the page was scrolled by itself. */
  jumps = 0
  #above = 0
  #below = 0
  #scrollTop = 0

  get content(): number {
    return this.#above + this.mounted.reduce((sum, { height }) => sum + height, 0) + this.#below
  }
  get lead(): number {
    return Math.max(PADDING, this.height - this.content)
  }
  get scrollHeight(): number {
    return this.lead + this.content
  }
  get scrollTop(): number {
    this.#scrollTop = Math.max(0, Math.min(this.#scrollTop, this.scrollHeight - this.height))
    return this.#scrollTop
  }
  set scrollTop(top: number) {
    const before = this.scrollTop
    this.#scrollTop = top
    if (this.scrollTop !== before) this.jumps++
  }
  mount({ start, end }: RowRange): void {
    this.mounts++
    this.mounted = this.rows.slice(start, end)
  }
  heights(): readonly number[] {
    // Whoever measures has the page laid out, and it is not scrolled beyond what there is then.
    this.#scrollTop = this.scrollTop
    return this.mounted.map(({ height }) => height)
  }
  setSpace({ above, below }: { above: number; below: number }): void {
    this.#above = above
    this.#below = below
  }

  /** What the reader sees of rows: their keys with their distance to the top of the view. */
  seen(): ReadonlyMap<string, number> {
    let top = this.lead + this.#above - this.scrollTop
    const seen = new Map<string, number>()
    for (const { key, height } of this.mounted) {
      if (top + height > 0 && top < this.height) seen.set(key, top)
      top += height
    }
    return seen
  }
}

const rowsFrom = (first: number, count: number, heightOf = (n: number) => 30 + ((n * 37) % 90)): readonly Row[] =>
  Array.from({ length: count }, (_, index) => ({ key: `${first + index}`, height: heightOf(first + index) }))

function opened(rows: readonly Row[], goal: LogGoal = { kind: 'end' }) {
  const page = new FakePage()
  const scroller = new LogScroller(page)
  page.rows = rows
  scroller.begin(rows, goal)
  while (scroller.fill(3));
  return {
    page,
    scroller,
    setRows(next: readonly Row[], follow = true) {
      page.rows = next
      scroller.setRows(next, { follow })
    },
    scrollBy(by: number) {
      page.scrollTop += by
      scroller.scrolled()
    },
  }
}

/** By how much what was seen before and is seen still has moved. */
function moved(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number | undefined {
  const key = [...before.keys()].find((each) => after.has(each))
  return key === undefined ? undefined : (after.get(key) ?? 0) - (before.get(key) ?? 0)
}

test('it begins at the end, with the last row at the edge and few rows in the page', () => {
  const { page, scroller } = opened(rowsFrom(0, 1000))
  expect(page.scrollTop + page.height).toBe(page.scrollHeight)
  expect(page.seen().get('999')).toBe(600 - rowsFrom(999, 1)[0]!.height)
  expect(scroller.isAtEnd).toBe(true)
  expect(page.mounted.length).toBeLessThan(40)
})

test('few rows stand at the bottom of the view', () => {
  const { page } = opened(rowsFrom(0, 2, () => 50))
  expect(page.seen()).toEqual(
    new Map([
      ['0', 500],
      ['1', 550],
    ]),
  )
})

test('it begins where a row is asked for: at a distance, in the middle, or as far as there is room', () => {
  const rows = rowsFrom(0, 500, () => 40)
  expect(opened(rows, { kind: 'row', key: '200', at: 72 }).page.seen().get('200')).toBe(72)
  expect(opened(rows, { kind: 'row', key: '200', at: -15 }).page.seen().get('200')).toBe(-15)
  expect(opened(rows, { kind: 'row', key: '200', at: 'center' }).page.seen().get('200')).toBe(280)
  expect(opened(rows, { kind: 'row', key: '0', at: 'center' }).page.seen().get('0')).toBe(PADDING)
  expect(opened(rows, { kind: 'row', key: '499', at: 72 }).page.seen().get('499')).toBe(560)
})

test('a row comes just into view, and stays where it is if it is there', () => {
  const { page, scroller } = opened(
    rowsFrom(0, 500, () => 40),
    { kind: 'row', key: '200', at: 100 },
  )
  const goTo = (key: string) => scroller.goTo({ kind: 'row', key, at: 'nearest' })
  goTo('205')
  expect(page.seen().get('205')).toBe(300)
  goTo('190')
  expect(page.seen().get('190')).toBe(0)
  goTo('230')
  expect(page.seen().get('230')).toBe(560)
})

test('what is in view follows whoever scrolls, however wrong the guess was, and there is never a hole', () => {
  const step = fc.record({ by: fc.integer({ min: -500, max: 500 }), rowsInTime: fc.nat(9) })
  const steps = fc.array(step, { maxLength: 60 })
  const property = fc.property(steps, fc.integer({ min: 5, max: 300 }), fc.nat(400), (all, tallest, from) => {
    const rows = rowsFrom(0, 400, (n) => 5 + ((n * 7919) % tallest) * (n % 50 < 25 ? 1 : 2))
    const { page, scroller, scrollBy } = opened(rows, { kind: 'row', key: `${from % 400}`, at: 0 })
    for (const { by, rowsInTime } of all) {
      scroller.fill(rowsInTime)
      const before = page.seen()
      const top = page.scrollTop
      const most = page.scrollHeight - page.height - top
      scrollBy(by)
      // Rows that were not there may turn out to be fewer pixels than thought: then the page ends before.
      const isAtEdge = page.scrollTop === 0 || page.scrollTop + page.height === page.scrollHeight
      if (top + by >= 0 && by <= most && !isAtEdge)
        expect(Math.abs((moved(before, page.seen()) ?? -by) + by)).toBeLessThan(1)
      const settledBefore = page.seen()
      scroller.settled()
      expect(Math.abs(moved(settledBefore, page.seen()) ?? Number.NaN)).toBeLessThan(1)
      const seen = [...page.seen()]
      if (seen[0]?.[0] !== '0') expect(seen[0]?.[1]).toBeLessThanOrEqual(0.001)
      const [key, last] = seen.at(-1) ?? ['', 0]
      expect(last + (rows[Number(key)]?.height ?? 0)).toBeGreaterThanOrEqual(599.999)
    }
  })
  fc.assert(property)
})

test('the page is not scrolled under who scrolls in the middle of many rows', () => {
  const rows = rowsFrom(0, 600, (n) => (n < 380 ? 100 : 40))
  const { page, scrollBy } = opened(rows, { kind: 'row', key: '400', at: 0 })
  page.jumps = 0
  for (let step = 0; step < 60; step++) scrollBy(-100)
  expect(page.jumps).toBe(60)
})

test('nothing moves when older rows come, also while newer ones go', () => {
  const { page, scroller, setRows, scrollBy } = opened(rowsFrom(1000, 600))
  for (let step = 0; step < 300; step++) {
    scrollBy(-200)
    const first = Number(page.rows[0]?.key)
    if (scroller.fromStart > 1600) continue
    const before = page.seen()
    setRows(rowsFrom(first - 100, 600), false)
    expect(Math.abs(moved(before, page.seen()) ?? Number.NaN)).toBeLessThan(1)
  }
  expect(Number(page.rows[0]?.key)).toBeLessThan(1000)
  expect(page.seen().has('1599')).toBe(false)
})

test('the beginning is reached, and stands at the top', () => {
  const { page, scroller, scrollBy } = opened(rowsFrom(0, 300))
  for (let step = 0; step < 200; step++) scrollBy(-300)
  scroller.settled()
  expect(page.scrollTop).toBe(0)
  expect(page.seen().get('0')).toBe(PADDING)
  expect(scroller.fromStart).toBe(-PADDING)
})

test('who is at the end stays there when rows come, change, or the view does', () => {
  const { page, scroller, setRows } = opened(rowsFrom(0, 50))
  const isAtEnd = () => page.scrollTop + page.height === page.scrollHeight && page.seen().has(page.rows.at(-1)!.key)
  setRows(rowsFrom(0, 70))
  expect(isAtEnd()).toBe(true)
  setRows([...rowsFrom(0, 69), { key: '69', height: 500 }])
  expect(isAtEnd()).toBe(true)
  page.height = 300
  scroller.resized({ follow: true })
  expect(isAtEnd()).toBe(true)
})

test('who went up stays where they are when rows come at the end, until they are there again', () => {
  const { page, scroller, setRows, scrollBy } = opened(rowsFrom(0, 300))
  scrollBy(-50)
  expect(scroller.isAtEnd).toBe(false)
  const before = page.seen()
  setRows(rowsFrom(0, 310))
  expect(moved(before, page.seen())).toBe(0)
  scrollBy(100_000)
  expect(scroller.isAtEnd).toBe(true)
})

test('rows that come below before a scroll is heard of do not take the reader from the end', () => {
  const { page, scroller } = opened(rowsFrom(0, 50))
  page.mounted = [...page.mounted.slice(0, -1), { key: '49', height: 900 }]
  scroller.scrolled()
  expect(scroller.isAtEnd).toBe(true)
  scroller.resized({ follow: true })
  expect(page.scrollTop + page.height).toBe(page.scrollHeight)
})

test('what the reader looks at stays when a row above it grows or goes', () => {
  const { page, scroller, setRows } = opened(rowsFrom(0, 300), { kind: 'row', key: '100', at: 10 })
  const growing = page.rows.map((row) => (row.key === '97' ? { ...row, height: 400 } : row))
  setRows(growing)
  expect(page.seen().get('100')).toBe(10)
  page.mounted = page.mounted.map((row) => (row.key === '98' ? { ...row, height: 333 } : row))
  scroller.resized({ follow: true })
  expect(page.seen().get('100')).toBe(10)
  const next = page.seen().get('101')
  setRows(growing.filter(({ key }) => !['98', '99', '100'].includes(key)))
  expect(page.seen().get('101')).toBe(next)
})

test('what the reader looks at stays when so much above it goes that the page is too short for a moment', () => {
  const { page, setRows, scrollBy } = opened(rowsFrom(0, 400, (n) => (n < 390 ? 10 : 100)))
  scrollBy(-10)
  const before = page.seen().get('396')
  setRows(page.rows.filter(({ key }) => !['390', '391', '392', '393'].includes(key)))
  expect(page.seen().get('396')).toBe(before)
})

test('other rows altogether begin at their end', () => {
  const { page, scroller, setRows } = opened(rowsFrom(0, 300), { kind: 'row', key: '100', at: 10 })
  setRows(rowsFrom(5000, 100), false)
  expect(page.seen().has('5099')).toBe(true)
  expect(scroller.isAtEnd).toBe(true)
})

test('a size that did not change mounts nothing', () => {
  const { page, scroller } = opened(rowsFrom(0, 300))
  page.mounts = 0
  scroller.resized({ follow: true })
  expect(page.mounts).toBe(0)
})

test('rows beyond the view come a few at a time, and nothing that is seen moves', () => {
  const rows = rowsFrom(0, 400)
  const page = new FakePage()
  const scroller = new LogScroller(page)
  page.rows = rows
  scroller.begin(rows, { kind: 'row', key: '200', at: 0 })
  const before = page.seen()
  let known = page.mounted.length
  while (scroller.fill(2)) {
    expect(page.mounted.length).toBeLessThanOrEqual(known + 2)
    known = page.mounted.length
    expect(moved(before, page.seen())).toBe(0)
  }
  expect(scroller.aboveView(200)).toBe(0)
  const above = page.mounted.filter(({ key }) => Number(key) < 200)
  expect(above.reduce((sum, { height }) => sum + height, 0)).toBeGreaterThanOrEqual(700)
})
