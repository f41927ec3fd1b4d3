/** Motion, room for words, and where the focus begins. */
import { test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { noChromium, onEachState, onState } from '../testing/gallery-browser.ts'

/** Milliseconds of the longest transition or animation of anything in the page, running or not; what goes in steps stands between them. */
const longestMotion = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const times = [...document.querySelectorAll('*')].flatMap((element) => {
      const style = getComputedStyle(element)
      const isStill = style.animationName === 'none' || style.animationTimingFunction.startsWith('steps')
      return `${style.transitionDuration}, ${isStill ? '0s' : style.animationDuration}`.split(', ')
    })
    return Math.max(...times.map((time) => Number.parseFloat(time) * (time.endsWith('ms') ? 1 : 1000)))
  })

const MOVING = ['chat-open', 'conversation-talk', 'opening', 'switcher'] as const

test('who wants no motion sees none', { skip: noChromium }, async () => {
  await onEachState(MOVING, {}, async (page, state) => {
    // Too short to be seen: scripts that wait for the end of a transition still hear of it.
    expect({ state, isStill: (await longestMotion(page)) < 1 }).toEqual({ state, isStill: true })
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    expect({ state, moves: (await longestMotion(page)) > 1 }).toEqual({ state, moves: true })
    await page.emulateMedia({ reducedMotion: 'reduce' })
  })
})

test('a dialog in which something is typed begins there', { skip: noChromium }, async () => {
  const fields = { 'lock-set': 'New passphrase', 'archive-import': 'Passphrase of the file' } as const
  await onEachState(['lock-set', 'archive-import'], {}, async (page, state) => {
    await page.getByRole('dialog').getByLabel(fields[state]).and(page.locator(':focus')).waitFor()
  })
  await onState('shortcuts', {}, async (page) => {
    await page.getByRole('button', { name: 'Close' }).and(page.locator(':focus')).waitFor()
  })
})

test('a button beside a long text keeps its words whole', { skip: noChromium }, async () => {
  await onState('conversation-blocked', { width: 390 }, async (page) => {
    const box = await page.getByRole('button', { name: 'Unblock' }).boundingBox()
    expect(box?.height).toBeLessThan(44)
  })
})

test('the field grows with what is written, to two fifths of the chat, and scrolls from there on', {
  skip: noChromium,
}, async () => {
  await onState('conversation-empty', {}, async (page) => {
    const field = page.getByRole('textbox', { name: /^Message/ })
    const height = async () => (await field.boundingBox())?.height ?? 0
    const one = await height()
    await field.fill('a line\n'.repeat(5))
    expect(await height()).toBeGreaterThan(one * 2)
    await field.fill('a line\n'.repeat(100))
    const chat = (await page.locator('section.conversation').boundingBox())?.height ?? 0
    expect(await height()).toBeGreaterThan(chat * 0.3)
    expect(await height()).toBeLessThanOrEqual(chat * 0.4)
    expect(await field.evaluate((element) => element.scrollHeight > element.clientHeight)).toBe(true)
  })
})

test('a name of the other direction stands beside its drawing all the same', { skip: noChromium }, async () => {
  const lists = { accounts: '[role=dialog] section li', switcher: '[role=option]' } as const
  await onEachState(['accounts', 'switcher'], { query: 'language=ar' }, async (page, state) => {
    const row = page.locator(lists[state]).first()
    const [drawing, name] = await Promise.all([row.locator('.plumage').boundingBox(), row.locator('bdi').boundingBox()])
    expect({ state, gap: Math.abs((drawing?.x ?? 0) - (name?.x ?? 0) - (name?.width ?? 0)) < 20 }).toEqual({
      state,
      gap: true,
    })
  })
})
