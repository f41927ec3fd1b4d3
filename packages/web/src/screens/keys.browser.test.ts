/** What single keys do in the messenger: each of those that are listed. */
import { test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { noChromium, onState } from '../testing/gallery-browser.ts'

const places = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('[data-chat]')].map((row) => ({
      isOpen: row.getAttribute('aria-current') === 'page',
      isUnread: /unread/.test(row.textContent ?? ''),
    })),
  )

/** Until the chat at this place in the list is open. */
const untilOpen = (page: Page, place: number) =>
  page.waitForFunction(
    (at) => document.querySelectorAll('[data-chat]')[at]?.getAttribute('aria-current') === 'page',
    place,
  )

test('Ctrl+1 to Ctrl+9 go to the chats in the order of the list, and no further', { skip: noChromium }, async () => {
  await onState('chats', {}, async (page) => {
    const count = (await places(page)).length
    expect(count).toBeGreaterThanOrEqual(9)
    for (const key of [9, 8, 7, 6, 5, 4, 3, 2, 1]) {
      await page.keyboard.press(`Control+${key}`)
      await untilOpen(page, key - 1)
    }
    await page.keyboard.press('Control+0')
    expect((await places(page)).findIndex(({ isOpen }) => isOpen)).toBe(0)
  })
})

test('Alt and arrows walk through the chats, round the ends; with Shift to unread ones', {
  skip: noChromium,
}, async () => {
  await onState('chats', {}, async (page) => {
    const count = (await places(page)).length
    await page.keyboard.press('Alt+ArrowDown')
    await untilOpen(page, 0)
    await page.keyboard.press('Alt+ArrowDown')
    await untilOpen(page, 1)
    await page.keyboard.press('Alt+ArrowUp')
    await untilOpen(page, 0)
    await page.keyboard.press('Alt+ArrowUp')
    await untilOpen(page, count - 1)
    const before = await places(page)
    const nextUnread = before.findIndex(({ isUnread }) => isUnread)
    await page.keyboard.press('Alt+Shift+ArrowDown')
    await untilOpen(page, nextUnread)
    await page.keyboard.press('Control+1')
    await untilOpen(page, 0)
    const lastUnread = (await places(page)).findLastIndex(({ isUnread }) => isUnread)
    await page.keyboard.press('Alt+Shift+ArrowUp')
    await untilOpen(page, lastUnread)
  })
})

test('Ctrl+U chooses files, from the composer and from the messages', { skip: noChromium }, async () => {
  await onState('chat-open', {}, async (page) => {
    for (const place of [page.getByRole('textbox', { name: 'Message Wendy' }), page.getByRole('article').last()]) {
      await place.focus()
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Control+u')])
      expect(chooser.isMultiple()).toBe(true)
      await chooser.setFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') })
      await page.getByRole('button', { name: 'Remove notes.txt' }).click()
    }
  })
})

test('Ctrl+Shift+R answers, Ctrl+Shift+E reacts, Ctrl+Shift+F searches this chat', { skip: noChromium }, async () => {
  await onState('chat-open', {}, async (page) => {
    await page.getByRole('article').last().waitFor()
    await page.keyboard.press('Control+Shift+R')
    await page.getByRole('group', { name: 'Answer to Wendy' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+Shift+E')
    await page.getByRole('textbox', { name: 'Search emoji by name' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+Shift+F')
    await page.getByRole('heading', { name: 'Search in Wendy' }).waitFor()
    await page.keyboard.press('Control+f')
    await page.getByRole('heading', { name: 'Search messages' }).waitFor()
  })
})

test('Ctrl+N and Alt+N begin a chat', { skip: noChromium }, async () => {
  await onState('chats', {}, async (page) => {
    for (const key of ['Control+n', 'Alt+n']) {
      // Browsers keep Ctrl+N for themselves where the app is not installed: here it is given to the page alone.
      await page.evaluate(
        ([ctrlKey, altKey]) =>
          void dispatchEvent(new KeyboardEvent('keydown', { key: 'n', code: 'KeyN', ctrlKey, altKey, bubbles: true })),
        [key.startsWith('Control'), key.startsWith('Alt')] as [boolean, boolean],
      )
      await page.getByRole('dialog', { name: 'Add a contact' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
  })
})

test('where nobody can be written to, keys of messages do nothing, also not what browsers do with them', {
  skip: noChromium,
}, async () => {
  await onState('requests', {}, async (page) => {
    await page.locator('[data-chat]').first().click()
    await page.getByRole('button', { name: 'Accept' }).waitFor()
    await page.evaluate(() => {
      const left: string[] = []
      Object.assign(globalThis, { left })
      addEventListener('keydown', (event) => {
        if (event.key.length === 1 && !event.defaultPrevented) left.push(event.key)
      })
    })
    for (const key of ['Control+u', 'Control+Shift+R', 'Control+Shift+E']) await page.keyboard.press(key)
    expect(await page.evaluate(() => (globalThis as unknown as { left: string[] }).left)).toEqual([])
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.getByRole('button', { name: 'Accept' }).waitFor()
  })
})
