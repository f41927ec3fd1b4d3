import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'expect'
import { createLeadership, type LeadershipPorts } from './leadership.ts'

type Waiting = { grant: () => void; reject: (error: Error) => void; queued: boolean }

/** The part of Web Locks that is used, as the specification has it, for the tabs of one browser. */
function fakeBrowser() {
  let holder: Waiting | undefined
  const line: Waiting[] = []
  const tabs: ((event: MessageEvent) => void)[] = []
  const next = (): void => {
    holder = line.shift()
    holder?.grant()
  }
  const request: LeadershipPorts['locks']['request'] = (_, options, hold) =>
    new Promise((resolve, reject) => {
      if (options.ifAvailable === true && holder !== undefined) return resolve(hold(null))
      const waiting: Waiting = { grant, reject, queued: true }
      function grant(): void {
        void hold({ name: 'lock', mode: 'exclusive' }).then(() => {
          resolve(undefined)
          if (holder === waiting) next()
        })
      }
      options.signal?.addEventListener('abort', () => {
        const at = line.indexOf(waiting)
        if (at >= 0) line.splice(at, 1)
        reject(new DOMException('aborted', 'AbortError'))
      })
      if (options.steal === true) {
        holder?.reject(new DOMException('stolen', 'AbortError'))
        line.unshift(waiting)
        return next()
      }
      line.push(waiting)
      if (holder === undefined) next()
    })
  return (options: { deaf?: boolean } = {}) => {
    const released: string[] = []
    const hear = (listener: (event: MessageEvent) => void): number => (options.deaf === true ? 0 : tabs.push(listener))
    let own: ((event: MessageEvent) => void) | undefined
    const model = createLeadership({
      locks: { request },
      channel: {
        postMessage: (data: unknown) => {
          for (const tab of tabs) if (tab !== own) tab({ data } as MessageEvent)
        },
        addEventListener: ((_: string, listener: (event: MessageEvent) => void) => {
          own = listener
          hear(listener)
        }) as BroadcastChannel['addEventListener'],
      },
      release: async () => void released.push('released'),
      sleep: async () => void (await setImmediate()),
    })
    return { model, released }
  }
}

test('the first tab leads and the second knows it', async () => {
  const open = fakeBrowser()
  const first = open()
  await setImmediate()
  const second = open()
  await setImmediate()
  expect([first.model.snapshot, second.model.snapshot]).toEqual(['leading', 'elsewhere'])
})

test('a tab that is asked lets go, can ask back, and both ways nothing is left in line', async () => {
  const open = fakeBrowser()
  const first = open()
  await setImmediate()
  const second = open()
  await setImmediate()
  for (let round = 0; round < 3; round++) {
    await second.model.take()
    await setImmediate()
    expect([first.model.snapshot, second.model.snapshot]).toEqual(['elsewhere', 'leading'])
    await first.model.take()
    await setImmediate()
    expect([first.model.snapshot, second.model.snapshot]).toEqual(['leading', 'elsewhere'])
  }
  expect(first.released.length).toBe(3)
})

test('from a tab that does not answer the lead is taken, and that tab lets go when it notices', async () => {
  const open = fakeBrowser()
  const first = open({ deaf: true })
  await setImmediate()
  const second = open()
  await setImmediate()
  await second.model.take()
  await setImmediate()
  expect([first.model.snapshot, second.model.snapshot]).toEqual(['elsewhere', 'leading'])
  expect(first.released).toEqual(['released'])
})

test('without locks a tab leads', async () => {
  const model = createLeadership({
    locks: { request: () => Promise.reject(new DOMException('no', 'SecurityError')) },
    channel: { postMessage: () => {}, addEventListener: () => {} },
    release: async () => {},
    sleep: async () => {},
  })
  await setImmediate()
  expect(model.snapshot).toBe('leading')
})
