/** Runs wherever there are Web Locks: in Chromium and in Node.js. */
import { test } from 'node:test'
import { expect } from 'expect'
import { untilValue } from '../until-value.ts'
import { type SharedService, SharedTabs } from './shared-tabs.ts'
import type { TabPort } from './tab-port.ts'

const { signal } = new AbortController()
let names = 0

/** Adds what it is told, and answers with the sum: something that only one tab can do for all. */
class Adder implements SharedService {
  readonly ports = new Set<TabPort>()
  sum = 0
  isDisposed = false

  serve(port: TabPort): void {
    this.ports.add(port)
    port.addEventListener('message', ({ data }) => {
      this.sum += Number(data)
      port.postMessage(this.sum)
    })
  }

  gone(port: TabPort): void {
    this.ports.delete(port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true
  }
}

class Tab implements AsyncDisposable {
  readonly tabs: SharedTabs
  adder: Adder | undefined

  constructor(name: string) {
    const lead = () => {
      this.adder = new Adder()
      return this.adder
    }
    this.tabs = SharedTabs.start({ name, lead })
  }

  async add(number: number): Promise<unknown> {
    const port = await this.connected()
    const answer = Promise.withResolvers<unknown>()
    port.addEventListener('message', ({ data }) => answer.resolve(data))
    port.postMessage(number)
    return answer.promise
  }

  connected(): Promise<TabPort> {
    return untilValue(this.tabs.port, (port) => port, signal)
  }

  is(role: string): Promise<unknown> {
    return untilValue(this.tabs.role, (value) => (value === role ? value : undefined), signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tabs[Symbol.asyncDispose]()
  }
}

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('one tab leads, and all of them use what it has', async () => {
  const name = `shared-${names++}`
  await using first = new Tab(name)
  await first.is('leading')
  await using second = new Tab(name)
  await using third = new Tab(name)
  await Promise.all([second.is('following'), third.is('following')])
  expect(await first.add(1)).toBe(1)
  expect(await second.add(10)).toBe(11)
  expect(await third.add(100)).toBe(111)
  expect(second.adder ?? third.adder).toBeUndefined()
  expect(first.adder?.ports.size).toBe(3)
})

test('when the leader goes another one leads, and the rest goes over to it', async () => {
  const name = `shared-${names++}`
  const first = new Tab(name)
  await first.is('leading')
  await using second = new Tab(name)
  await second.is('following')
  await using third = new Tab(name)
  expect(await second.add(5)).toBe(5)
  expect(await third.add(5)).toBe(10)
  await first[Symbol.asyncDispose]()
  expect(first.adder?.isDisposed).toBe(true)
  await second.is('leading')
  await eventually(() => second.adder?.ports.size === 2)
  expect(await third.add(1)).toBe(1)
  expect(await second.add(1)).toBe(2)
})

test('the leader learns that a tab has gone', async () => {
  const name = `shared-${names++}`
  await using first = new Tab(name)
  await first.is('leading')
  const second = new Tab(name)
  await second.add(1)
  expect(first.adder?.ports.size).toBe(2)
  await second[Symbol.asyncDispose]()
  await eventually(() => first.adder?.ports.size === 1)
})

test('tabs that start together agree on one leader', async () => {
  const name = `shared-${names++}`
  const tabs = Array.from({ length: 5 }, () => new Tab(name))
  const sums = await Promise.all(tabs.map((tab) => tab.add(1)))
  expect(sums.sort()).toEqual([1, 2, 3, 4, 5])
  expect(tabs.filter(({ adder }) => adder !== undefined).length).toBe(1)
  for (const tab of tabs) await tab[Symbol.asyncDispose]()
})
