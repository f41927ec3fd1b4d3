import { test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { violationsOn } from '../testing/axe.ts'
import { noChromium, onState } from '../testing/gallery-browser.ts'

const chatIs = (page: Page, name: string) =>
  page
    .getByRole('region', { name: `Conversation with ${name}` })
    .getByRole('heading', { name })
    .waitFor()

test('the quick switcher goes to a chat by some letters of its name', { skip: noChromium }, async () => {
  await onState('chat-open', {}, async (page) => {
    await chatIs(page, 'Wendy')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Name of a chat' }).waitFor()
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox')
    expect(await violationsOn(page)).toEqual([])
    await page.keyboard.type('zz')
    await page.getByText('No chat matches “zz”.').waitFor()
    await page.keyboard.press('Control+a')
    await page.keyboard.type('u')
    await page.keyboard.press('ArrowDown')
    const chosen = await page.getByRole('option', { selected: true }).locator('bdi').textContent()
    await page.keyboard.press('Enter')
    await chatIs(page, chosen ?? '')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('combobox').waitFor({ state: 'detached' })
    await chatIs(page, chosen ?? '')
  })
})

test('keys go from chat to chat, to a new one and to the settings', { skip: noChromium }, async () => {
  await onState('chat-open', {}, async (page) => {
    await chatIs(page, 'Wendy')
    await page.keyboard.press('Control+3')
    await chatIs(page, 'Dave')
    await page.keyboard.press('Alt+ArrowUp')
    await chatIs(page, 'Murmuration')
    await page.keyboard.press('Alt+Shift+ArrowDown')
    await chatIs(page, 'Oluwaseun')
    await page.keyboard.press('Alt+n')
    await page.getByRole('dialog', { name: 'Add a contact' }).waitFor()
    await page.keyboard.press('Control+,')
    await page.keyboard.press('Escape')
    await chatIs(page, 'Oluwaseun')
    await page.keyboard.press('Control+,')
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
  })
})

test('every key that does something is listed, as it is set', { skip: noChromium }, async () => {
  await onState('settings-appearance', {}, async (page) => {
    await page.keyboard.press('Control+/')
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await sheet.waitFor()
    expect(await sheet.locator('dl > div', { hasText: 'New line' }).locator('kbd').allTextContents()).toEqual([
      'Shift',
      'Enter',
    ])
    expect(await violationsOn(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('checkbox', { name: /Enter sends/ }).uncheck()
    await page.keyboard.press('Control+/')
    expect(await sheet.locator('dl > div', { hasText: 'Send' }).locator('kbd').allTextContents()).toEqual([
      'Ctrl',
      'Enter',
    ])
  })
})

test('Tab reaches every part once, in the order in which it is seen', { skip: noChromium }, async () => {
  await onState('chat-open', {}, async (page) => {
    await chatIs(page, 'Wendy')
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    const stops: string[] = []
    for (let press = 0; press < 40; press++) {
      await page.keyboard.press('Tab')
      const stop = await page.evaluate(() => {
        const focused = document.activeElement
        if (focused === null || focused === document.body) return ''
        const box = focused.getBoundingClientRect()
        const name = focused.getAttribute('aria-label') ?? focused.id ?? ''
        return box.width > 0 && box.height > 0
          ? `${focused.tagName} ${focused.getAttribute('role') ?? ''} ${name}`
          : 'hidden'
      })
      // The focus began near the end: first it leaves the page.
      if (stop === '' && stops.length === 0) continue
      if (stop === '' || (stops.length > 0 && stop === stops[0])) break
      stops.push(stop)
    }
    expect(stops).not.toContain('hidden')
    const place = (wanted: RegExp) => stops.findIndex((stop) => wanted.test(stop))
    const order = [
      /You: /,
      /Chats, /,
      /Settings/,
      /Add a contact/,
      /Search chats/,
      /Details/,
      /^DIV log/,
      /^ARTICLE/,
      /^TEXTAREA/,
    ]
    const places = order.map(place)
    expect({
      stops,
      places: places.every((at, index) => at >= 0 && (index === 0 || at > (places[index - 1] ?? -1))),
    }).toEqual({
      stops,
      places: true,
    })
    expect(stops.filter((stop) => /^ARTICLE/.test(stop)).length).toBe(1)
  })
})

test('settings are changed with the keyboard alone', { skip: noChromium }, async () => {
  await onState('settings', { width: 390 }, async (page) => {
    await page.getByRole('link', { name: /^Appearance/ }).focus()
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement?.textContent === 'Appearance')
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowLeft')
    await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark')
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction(() => document.documentElement.dataset['textSize'] === 'large')
    await page.getByRole('button', { name: 'All settings' }).press('Enter')
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
  })
})

test('a change that cannot be kept is said, and does not show', { skip: noChromium }, async () => {
  await onState('settings-failing', {}, async (page) => {
    const box = page.getByRole('checkbox', { name: /Read receipts/ })
    await box.click()
    await page.getByText('That could not be saved.').waitFor()
    expect(await box.isChecked()).toBe(false)
    await page.getByRole('button', { name: 'Unblock Mallory' }).click()
    await page.getByText('Nobody is blocked.').waitFor()
  })
})

test('a link asks before it opens, shows where it leads, and gives the focus back', { skip: noChromium }, async () => {
  await onState('conversation-hostile', {}, async (page) => {
    await page.evaluate(() => {
      const opened: unknown[] = []
      Object.assign(globalThis, { opened })
      globalThis.open = (...call) => {
        opened.push(call)
        return null
      }
    })
    const openedNow = () => page.evaluate(() => (globalThis as unknown as { opened: unknown }).opened)
    const link = page.getByRole('link', { name: 'https://www.xn--80ak6aa92e.com/login' })
    await link.click()
    const dialog = page.getByRole('dialog', { name: 'Open this link?' })
    await dialog.getByText('www.xn--80ak6aa92e.com', { exact: true }).waitFor()
    await dialog.getByText('All letters of this name look like others.').waitFor()
    expect(await violationsOn(page, { about: 'colours' })).toEqual([])
    expect(await openedNow()).toEqual([])
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'link')
    await page.keyboard.press('Enter')
    await dialog.getByRole('button', { name: 'Open' }).click()
    expect(await openedNow()).toEqual([['https://www.xn--80ak6aa92e.com/login', '_blank', 'noopener,noreferrer']])
    expect(await page.locator('[role=log] a, link[rel*=prefetch], link[rel*=preconnect]').count()).toBe(0)
  })
})
