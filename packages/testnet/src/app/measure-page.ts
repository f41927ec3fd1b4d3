/** What runs in the measured page: it notes long tasks, when the page could be used, and how long keys and frames take. */
import type { Page } from 'playwright-core'

export type LongTasks = {
  readonly count: number
  readonly longest: number
  readonly total: number
  readonly worst: string
}

/** From now on, and after every load, the page notes what takes long. Also works where the content policy forbids scripts. */
export async function watchPage(page: Page): Promise<void> {
  await page.addInitScript(watch)
  await page.evaluate(watch)
}

/** Since the last call, or the load. Frames are told with the scripts that took longest in the worst of them. */
export async function takeLongTasks(page: Page): Promise<LongTasks> {
  return page.evaluate<LongTasks>('bench.takeLongTasks()')
}

/** Milliseconds from the start of the load until what `selector` finds was painted. */
export async function paintedAfter(page: Page, selector: string): Promise<number> {
  return page.evaluate<number>(`bench.paintedAfter(${JSON.stringify(selector)})`)
}

/** Milliseconds from each key until the end of the frame that shows it. */
export async function keyTimes(page: Page, text: string): Promise<readonly number[]> {
  await page.evaluate('bench.watchKeys()')
  await page.keyboard.type(text, { delay: 60 })
  return page.evaluate<number[]>('bench.takeKeys()')
}

export type Scrolled = { readonly frames: readonly number[]; readonly messages: number }

/** Scrolls a log upwards as a thumb flings it, until its beginning or until the time is over. */
export async function scrollUp(page: Page, seconds: number): Promise<Scrolled> {
  return page.evaluate<Scrolled>(`bench.scrollUp(${seconds * 1000})`)
}

const watch = `(() => {
  if (globalThis.bench !== undefined) return
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  // After layout and paint of the frame that begins next.
  const painted = async () => {
    await frame()
    const { port1, port2 } = new MessageChannel()
    await new Promise((resolve) => {
      port1.onmessage = resolve
      port2.postMessage(0)
    })
  }
  let tasks = []
  let slowFrames = []
  const observe = (type, take) => {
    try {
      new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true })
    } catch {}
  }
  observe('longtask', (entry) => tasks.push(entry.duration))
  observe('long-animation-frame', (entry) => slowFrames.push(entry))
  const nameOf = ({ invoker, sourceFunctionName, sourceCharPosition, duration }) =>
    Math.round(duration) + ' ms ' + invoker + ' ' + sourceFunctionName + ' @' + sourceCharPosition
  const describe = (worst) => worst === undefined ? '' : Math.round(worst.duration) + ' ms frame (rendering ' +
    Math.round(worst.startTime + worst.duration - worst.renderStart) + ' ms, of it style and layout ' +
    Math.round(worst.startTime + worst.duration - worst.styleAndLayoutStart) + ' ms): ' +
    [...worst.scripts].sort((a, b) => b.duration - a.duration).slice(0, 3).map(nameOf).join('; ')
  let keys = []
  let watchesKeys = false
  globalThis.bench = {
    takeLongTasks() {
      const worst = slowFrames.sort((a, b) => b.duration - a.duration)[0]
      const taken = {
        count: tasks.length,
        longest: Math.max(0, ...tasks),
        total: tasks.reduce((sum, ms) => sum + ms, 0),
        worst: describe(worst),
      }
      tasks = []
      slowFrames = []
      return taken
    },
    async paintedAfter(selector) {
      while (document.querySelector(selector) === null) await frame()
      await painted()
      return performance.now()
    },
    watchKeys() {
      keys = []
      if (watchesKeys) return
      watchesKeys = true
      addEventListener('keydown', ({ timeStamp }) => {
        void painted().then(() => keys.push(performance.now() - timeStamp))
      }, { capture: true })
    },
    async takeKeys() {
      await painted()
      await painted()
      return keys
    },
    async scrollUp(forMs) {
      const log = document.querySelector('[role=log]')
      const frames = []
      const seen = new Set()
      const start = performance.now()
      let last = start
      let still = 0
      while (performance.now() - start < forMs && still < 300) {
        const before = log.scrollTop
        log.dispatchEvent(new WheelEvent('wheel', { deltaY: -400, bubbles: true }))
        log.scrollTop = before - 400
        still = before === 0 ? still + 1 : 0
        await frame()
        const now = performance.now()
        frames.push(now - last)
        last = now
        for (const { dataset } of log.querySelectorAll('[data-message]')) seen.add(dataset.message)
      }
      return { frames, messages: seen.size }
    },
  }
})()`
