/** Previews of links, while a message is written and in the chat, in the gallery: a fake client, a real browser. */
import { test } from 'node:test'
import { expect } from 'expect'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { violationsOn } from '../testing/axe.ts'
import { type Look, noChromium, onState } from '../testing/gallery-browser.ts'

/** A state of a chat on a page of its own, with its messages in place; nothing but the gallery itself may be asked for anything. */
function inChat(state: string, look: Look, use: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  return onState(state, look, async (page, context) => {
    const outside: string[] = []
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url())
      if (protocol !== 'blob:' && hostname !== '127.0.0.1') outside.push(hostname)
    })
    await page.locator('[role=log].placed').waitFor()
    await use(page, context)
    expect(outside).toEqual([])
  })
}

const composer = (page: Page): Locator => page.getByRole('textbox', { name: 'Message Wendy' })
const message = (page: Page, text: string): Locator => page.getByRole('article').filter({ hasText: text })
const staged = (page: Page): Locator => page.getByRole('group', { name: /preview of/i })
const remove = (page: Page): Locator => page.getByRole('button', { name: 'Send without a preview' })
const textOf = async (element: Locator): Promise<string> =>
  ((await element.textContent()) ?? '').replace(/\s+/g, ' ').trim()
const asked = (page: Page): Promise<string[]> => page.evaluate('[...stage.client.files.asked]')

test('a preview comes when somebody pauses, is removed with the keyboard, and goes along as a card', {
  skip: noChromium,
}, async () => {
  await inChat('previews', {}, async (page) => {
    await composer(page).pressSequentially('read https://news.example/a')
    await staged(page).getByText('A page of the web').waitFor()
    expect(await textOf(staged(page))).toMatch(/news\.example with a picture/)
    await composer(page).press('Shift+Tab')
    while (!(await remove(page).evaluate((button) => button === document.activeElement)))
      await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await staged(page).waitFor({ state: 'detached' })
    expect(await composer(page).evaluate((field) => field === document.activeElement)).toBe(true)

    await composer(page).fill('then https://news.example/b')
    await staged(page).getByText('A page of the web').waitFor()
    await composer(page).press('Enter')
    await staged(page).waitFor({ state: 'detached' })
    await message(page, 'then https://news.example/b')
      .getByRole('button', { name: 'A page of the web news.example' })
      .waitFor()
    expect(await asked(page)).toEqual(['https://news.example/a', 'https://news.example/b'])
  })
})

test('while previews are switched off, nothing is ever asked for', { skip: noChromium }, async () => {
  await inChat('previews-off', {}, async (page) => {
    await page.clock.install()
    await composer(page).fill('read https://news.example/a now')
    await page.clock.runFor(60_000)
    expect(await asked(page)).toEqual([])
    await page.evaluate('stage.client.changeSettings({ linkPreviews: true })')
    await page.clock.runFor(60_000)
    expect(await asked(page)).toEqual([])
    await composer(page).press('End')
    await page.keyboard.type('.')
    await page.clock.runFor(60_000)
    expect(await asked(page)).toEqual(['https://news.example/a'])
  })
})

test('what is on its way holds nobody up, goes with its link, and what fails is a line', {
  skip: noChromium,
}, async () => {
  await inChat('previews', {}, async (page) => {
    await composer(page).fill('https://news.example/slow')
    await staged(page).getByText('Fetching a preview of news.example').waitFor()
    await composer(page).fill('without')
    await staged(page).waitFor({ state: 'detached' })
    for (const link of ['https://news.example/gone', 'https://news.example/nothing']) {
      await composer(page).fill(link)
      await staged(page).getByText('No preview of news.example. The message goes without one.').waitFor()
    }
    await composer(page).fill('soon https://news.example/slow')
    await staged(page).getByText('Fetching').waitFor()
    await composer(page).press('Enter')
    await staged(page).waitFor({ state: 'detached' })
    await message(page, 'soon https://news.example/slow').waitFor()
    expect(await message(page, 'soon https://news.example/slow').getByRole('button').count()).toBe(0)
  })
})

test('a card says title and host as text, hints at what imitates another, and asks before it opens', {
  skip: noChromium,
}, async () => {
  await inChat('previews', {}, async (page, context) => {
    const card = async (text: string, index = 0) => {
      await page.getByRole('log').evaluate((log) => log.scrollTo(0, 0))
      await message(page, text).scrollIntoViewIfNeeded()
      return message(page, text).locator('button.about').nth(index)
    }
    expect(await textOf(await card('Backwards'))).toBe('evil <img src=x> isolate of two lines example.org')
    expect(await (await card('Long')).evaluate((about) => about.getBoundingClientRect().height)).toBeLessThan(120)
    expect(await textOf(await card('Alike'))).toContain('It may imitate another site')
    expect(await textOf(await card('Disguised'))).toContain('Only the name above counts')
    expect(await textOf(await card('Twice', 1))).toBe('The same again example.org')
    expect(await (await card('None')).count()).toBe(0)
    await (await card('Alike')).press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Open this link?' })
    await dialog.getByText('xn--', { exact: false }).first().waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(context.pages().length).toBe(1)
  })
})

test('a picture of a preview is there if the device keeps it, else when somebody asks, in the box that it had before', {
  skip: noChromium,
}, async () => {
  await inChat('previews', {}, async (page) => {
    await message(page, 'اقرأ').getByRole('img', { name: 'Picture of example.org' }).waitFor()
    const mine = message(page, 'Mine:')
    await mine.scrollIntoViewIfNeeded()
    expect(await mine.getByRole('img', { name: /^Picture/ }).count()).toBe(0)
    const before = await mine.locator('.card').boundingBox()
    await mine.getByRole('button', { name: /^Load the picture of news\.example, 48/ }).click()
    const picture = mine.getByRole('img', { name: 'Picture of news.example' })
    await picture.waitFor()
    expect(await picture.getAttribute('src')).toMatch(/^blob:/)
    const after = await mine.locator('.card').boundingBox()
    expect({ width: after?.width, height: after?.height }).toEqual({ width: before?.width, height: before?.height })
    const gone = message(page, 'Gone:')
    await gone.getByRole('button', { name: /^Load the picture/ }).click()
    await gone.getByRole('img', { name: 'Picture of example.org. It is no longer where it was stored.' }).waitFor()
  })
})

test('of a stranger a card has no picture, neither loaded nor to be loaded', { skip: noChromium }, async () => {
  await inChat('previews-request', {}, async (page) => {
    await message(page, 'اقرأ').locator('button.about').waitFor()
    expect(await page.getByRole('button', { name: /^Load the picture/ }).count()).toBe(0)
    expect(await page.getByRole('img', { name: /^Picture of/ }).count()).toBe(0)
  })
})

for (const look of [
  { width: 1440, theme: 'light' },
  { width: 390, theme: 'dark' },
  { width: 390, theme: 'light', query: 'language=ar' },
] as const) {
  const name = `${look.width} px, ${look.theme}${'query' in look ? ', Arabic' : ''}`
  test(`axe finds nothing in cards, in what is staged and in the setting, and all fits, ${name}`, {
    skip: noChromium,
  }, async () => {
    const fits = (page: Page) =>
      page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)
    await onState('preview-parts', look, async (page) => {
      expect(await violationsOn(page)).toEqual([])
      expect(await fits(page)).toBe(true)
    })
    await inChat('previews', look, async (page) => {
      await page.getByRole('textbox').fill('https://news.example/plain')
      await page.getByRole('group').getByText('A page of the web').waitFor()
      expect(await violationsOn(page, { of: 'part' })).toEqual([])
      await page.getByRole('log').evaluate((log) => log.scrollTo(0, 0))
      await message(page, 'Read https').first().waitFor()
      expect(await violationsOn(page, { of: 'part' })).toEqual([])
      expect(await fits(page)).toBe(true)
    })
  })
}
