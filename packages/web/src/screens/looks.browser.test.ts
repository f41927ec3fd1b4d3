/** Motion, room for words, and where the focus begins. */
import { after, before, test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { type GalleryBrowser, noChromium, openGallery } from '../testing/gallery-browser.ts'

let gallery: GalleryBrowser
before(async () => {
  if (noChromium === false) gallery = await openGallery()
})
after(() => gallery?.[Symbol.asyncDispose]())

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
  const context = await gallery.newContext()
  const failures: string[] = []
  for (const state of MOVING) {
    const page = await gallery.show(context, state, failures)
    // Too short to be seen: scripts that wait for the end of a transition still hear of it.
    expect({ state, isStill: (await longestMotion(page)) < 1 }).toEqual({ state, isStill: true })
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    expect({ state, moves: (await longestMotion(page)) > 1 }).toEqual({ state, moves: true })
    await page.close()
  }
  await context.close()
  expect(failures).toEqual([])
})

test('a dialog in which something is typed begins there', { skip: noChromium }, async () => {
  const context = await gallery.newContext()
  const failures: string[] = []
  for (const [state, field] of [
    ['lock-set', 'New passphrase'],
    ['archive-import', 'Passphrase of the file'],
  ] as const) {
    const page = await gallery.show(context, state, failures)
    await page.getByRole('dialog').getByLabel(field).and(page.locator(':focus')).waitFor()
  }
  const page = await gallery.show(context, 'shortcuts', failures)
  await page.getByRole('button', { name: 'Close' }).and(page.locator(':focus')).waitFor()
  await context.close()
  expect(failures).toEqual([])
})

test('a button beside a long text keeps its words whole', { skip: noChromium }, async () => {
  const context = await gallery.newContext({ width: 390 })
  const failures: string[] = []
  const page = await gallery.show(context, 'conversation-blocked', failures)
  const box = await page.getByRole('button', { name: 'Unblock' }).boundingBox()
  expect(box?.height).toBeLessThan(44)
  await context.close()
  expect(failures).toEqual([])
})

test('the field grows with what is written, to two fifths of the chat, and scrolls from there on', {
  skip: noChromium,
}, async () => {
  const context = await gallery.newContext()
  const failures: string[] = []
  const page = await gallery.show(context, 'conversation-empty', failures)
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
  await context.close()
  expect(failures).toEqual([])
})

test('a name of the other direction stands beside its drawing all the same', { skip: noChromium }, async () => {
  const context = await gallery.newContext()
  const failures: string[] = []
  for (const [state, list] of [
    ['accounts', '[role=dialog] section li'],
    ['switcher', '[role=option]'],
  ] as const) {
    const page = await gallery.show(context, state, failures, 'language=ar')
    const row = page.locator(list).first()
    const [drawing, name] = await Promise.all([row.locator('.plumage').boundingBox(), row.locator('bdi').boundingBox()])
    expect({ state, gap: Math.abs((drawing?.x ?? 0) - (name?.x ?? 0) - (name?.width ?? 0)) < 20 }).toEqual({
      state,
      gap: true,
    })
  }
  await context.close()
  expect(failures).toEqual([])
})
