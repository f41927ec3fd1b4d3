import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { type GalleryBrowser, type Look, noChromium, openGallery } from '../testing/gallery-browser.ts'

let gallery: GalleryBrowser
before(async () => {
  if (noChromium === false) gallery = await openGallery()
})
after(() => gallery?.[Symbol.asyncDispose]())

/** A state on a page of its own; nothing may go wrong on it. */
async function on(state: string, look: Look, use: (page: Page) => Promise<void>) {
  const context = await gallery.newContext(look)
  const failures: string[] = []
  await use(await gallery.show(context, state, failures))
  await context.close()
  expect(failures).toEqual([])
}

/** States, and what is on the page when each of them is there. */
const screens: readonly (readonly [state: string, shows: string])[] = [
  ['search', '7 messages found'],
  ['search-none', 'Nothing found'],
  ['search-failing', 'The search did not work'],
  ['locked-others', 'Back to Work'],
  ['locked-waiting', 'Wait 1:15'],
  ['lock-settings', 'Lock after'],
  ['lock-set', 'Four words or more'],
  ['accounts', 'Account 3, with a passphrase'],
  ['accounts-new', 'Back to Work'],
  ['verify', 'Mark as verified'],
  ['verify-failing', 'could not be computed'],
  ['verified', 'typing…'],
  ['muting', 'For 8 hours'],
  ['strangers-hidden', 'Requests are out of sight'],
  ['picture', 'people see your plumage'],
  ['archive-export', 'Passphrase of the file'],
  ['archive-import', 'Archive file'],
]

for (const look of [
  { width: 1440, theme: 'light' },
  { width: 390, theme: 'dark' },
] as const) {
  test(`axe finds nothing in search, lock, accounts and verification, ${look.width} px, ${look.theme}`, {
    skip: noChromium,
  }, async () => {
    for (const [state, shows] of screens) {
      await on(state, { ...look, bypassPolicy: true }, async (page) => {
        await page.getByText(shows).filter({ visible: true }).first().waitFor()
        const { violations } = await new AxeBuilder({ page }).analyze()
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
        expect({ state, found }).toEqual({ state, found: [] })
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
      })
    }
  })
}

test('the keyboard walks through what was found, and Escape leads back to the chats', {
  skip: noChromium,
}, async () => {
  await on('search', {}, async (page) => {
    await page.getByText('7 messages found').waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('1 of 7').waitFor()
    await page.keyboard.press('Shift+Enter')
    await page.getByText('7 of 7').waitFor()
    await page
      .getByRole('heading', { name: /^Bartholomew/ })
      .first()
      .waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { name: 'Chats' }).waitFor()
  })
})

test('a chat is muted for eight hours with the keyboard, and says until when', { skip: noChromium }, async () => {
  await on('chat-open', {}, async (page) => {
    await page.getByRole('link', { name: /^Jun/ }).focus()
    await page.keyboard.press('Shift+F10')
    await page.getByRole('menuitem', { name: 'Mute…' }).press('Enter')
    await page.getByRole('button', { name: 'For 8 hours' }).press('Enter')
    await page.getByRole('link', { name: /^Jun/ }).getByText('Muted').waitFor()
    await page.getByRole('link', { name: /^Jun/ }).click()
    await page.getByRole('button', { name: 'Details' }).click()
    await page.getByText(/^Muted until /).waitFor()
    await page.getByRole('button', { name: 'Unmute' }).click()
    await page.getByRole('button', { name: 'Mute…' }).waitFor()
  })
})

test('a wrong passphrase is said, the third has to be waited for, the right one opens', {
  skip: noChromium,
}, async () => {
  await on('locked', {}, async (page) => {
    const field = page.getByLabel('Passphrase')
    await field.fill('wrong')
    await field.press('Enter')
    await page.getByText('That is not the passphrase.').waitFor()
    await field.fill('four words or more')
    await field.press('Enter')
    await page.getByRole('heading', { name: 'Chats' }).waitFor()
    await page.keyboard.press('Control+l')
    for (let attempt = 0; attempt < 2; attempt++) {
      await field.fill('wrong')
      await field.press('Enter')
      await page.getByText('That is not the passphrase.').waitFor()
    }
    await page.getByText('Wait 0:05').waitFor()
  })
})
