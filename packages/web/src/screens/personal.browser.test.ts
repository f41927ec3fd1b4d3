import { test } from 'node:test'
import { expect } from 'expect'
import { violationsOn } from '../testing/axe.ts'
import { noChromium, onEachState, onState } from '../testing/gallery-browser.ts'

/** States, and what is on the page when each of them is there. */
const SHOWN = {
  search: '7 messages found',
  'search-none': 'Nothing found',
  'search-failing': 'The search did not work',
  'locked-others': 'Back to Work',
  'locked-waiting': 'Wait 1:15',
  'lock-settings': 'Lock after',
  'lock-set': 'Four words or more',
  accounts: 'Account 3, with a passphrase',
  'accounts-new': 'Back to Work',
  verify: 'Mark as verified',
  'verify-failing': 'could not be computed',
  verified: 'typing…',
  muting: 'For 8 hours',
  'strangers-hidden': 'Requests are out of sight',
  picture: 'people see your plumage',
  'archive-export': 'Passphrase of the file',
  'archive-import': 'Archive file',
} as const

for (const look of [
  { width: 1440, theme: 'light' },
  { width: 390, theme: 'dark' },
] as const) {
  test(`axe finds nothing in search, lock, accounts and verification, ${look.width} px, ${look.theme}`, {
    skip: noChromium,
  }, async () => {
    await onEachState(Object.keys(SHOWN) as (keyof typeof SHOWN)[], look, async (page, state) => {
      await page.getByText(SHOWN[state]).filter({ visible: true }).first().waitFor()
      expect({ state, found: await violationsOn(page) }).toEqual({ state, found: [] })
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    })
  })
}

test('the keyboard walks through what was found, and Escape leads back to the chats', {
  skip: noChromium,
}, async () => {
  await onState('search', {}, async (page) => {
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
  await onState('chat-open', {}, async (page) => {
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
  await onState('locked', {}, async (page) => {
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
