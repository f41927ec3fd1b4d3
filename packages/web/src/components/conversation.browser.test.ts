import { test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { violationsOn } from '../testing/axe.ts'
import { noChromium, onEachState, onState } from '../testing/gallery-browser.ts'

/** What `Stage.svelte` leaves for tests. */
type StageHandle = {
  readonly stage: {
    readonly client: {
      readonly conversations: { readonly snapshot: readonly { id: string; title: string; draft: string }[] }
      receive(conversation: string, text: string): void
    }
    switchTo(id: string): void
  }
}

type Seen = { readonly id: string; readonly top: number }

/** The messages in view, top to bottom, with their distance to the top of the window. */
const seen = (page: Page): Promise<readonly Seen[]> =>
  page.evaluate(() => {
    const log = document.querySelector('[role=log]')?.getBoundingClientRect()
    return [...document.querySelectorAll<HTMLElement>('[data-message]')]
      .map((message) => ({ id: message.dataset['message'] ?? '', box: message.getBoundingClientRect() }))
      .filter(({ box }) => log !== undefined && box.bottom > log.top && box.top < log.bottom)
      .map(({ id, box }) => ({ id, top: box.top }))
  })

const inView = (page: Page, id: string) =>
  page.waitForFunction((wanted) => {
    const log = document.querySelector('[role=log].placed')?.getBoundingClientRect()
    const box = document.querySelector(`[data-message="${wanted}"]`)?.getBoundingClientRect()
    return log !== undefined && box !== undefined && box.top >= log.top && box.bottom <= log.bottom
  }, id)

/** Waits until the window has not moved for ten frames: on a busy machine one turn of the wheel takes many. */
const standsStill = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const log = document.querySelector('[role=log]')
    for (let still = 0, top = log?.scrollTop; still < 10; still++) {
      await new Promise(requestAnimationFrame)
      if (log?.scrollTop === top) continue
      top = log?.scrollTop
      still = 0
    }
  })

/** Turns the wheel once and says how far what was in view has moved, when it stands still again. */
async function turnWheel(page: Page, by: number): Promise<number | undefined> {
  const earlier = await seen(page)
  const from = await page.evaluate(() => document.querySelector('[role=log]')?.scrollTop)
  await page.mouse.wheel(0, by)
  await page.waitForFunction((top) => document.querySelector('[role=log]')?.scrollTop !== top, from)
  await standsStill(page)
  const later = new Map((await seen(page)).map(({ id, top }) => [id, top]))
  const common = earlier.find(({ id }) => later.has(id))
  return common === undefined ? undefined : (later.get(common.id) ?? 0) - common.top
}

const switchTo = (page: Page, title: string) =>
  page.evaluate((wanted) => {
    const { stage } = globalThis as unknown as StageHandle
    const id = stage.client.conversations.snapshot.find((conversation) => conversation.title === wanted)?.id
    if (id !== undefined) stage.switchTo(id)
  }, title)

/** Pixels: what rounding may move. */
const STEADY = 2

test('older and newer messages load while the wheel turns, and nobody loses their place', {
  skip: noChromium,
}, async () => {
  await onState('conversation-long', {}, async (page) => {
    await inView(page, 'Alice-9999')
    await page.mouse.move(700, 400)
    await standsStill(page)
    for (let turn = 0; turn < 66; turn++)
      expect(Math.abs(((await turnWheel(page, -600)) ?? 0) - 600)).toBeLessThan(STEADY)
    // More than 600 messages up: the newest ones have left the window meanwhile.
    expect(Number((await seen(page))[0]?.id.split('-')[1])).toBeLessThan(9400)
    for (let turn = 0; turn < 30; turn++)
      expect(Math.abs(((await turnWheel(page, 500)) ?? 0) + 500)).toBeLessThan(STEADY)
    await page.getByRole('button', { name: 'Jump to latest' }).click()
    await inView(page, 'Alice-9999')
  })
})

test('a chat opens at the first unread message, below the divider', { skip: noChromium }, async () => {
  await onState('conversation-long-unread', {}, async (page) => {
    await page.locator('[role=log].placed').waitFor()
    const divider = await page.getByText('New', { exact: true }).boundingBox()
    expect(divider?.y).toBeGreaterThan(64)
    expect(divider?.y).toBeLessThan(250)
    await page.getByRole('button', { name: /^Jump to latest/ }).waitFor()
  })
})

test('who reads at the end stays there, however much comes at once on however slow a machine', {
  skip: noChromium,
}, async () => {
  await onState('conversation', {}, async (page, context) => {
    await page.getByRole('article').filter({ hasText: 'Coffee on Sunday?' }).waitFor()
    const devtools = await context.newCDPSession(page)
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 8 })
    await page.evaluate(async () => {
      const { stage } = globalThis as unknown as StageHandle
      const id = stage.client.conversations.snapshot.find(({ title }) => title === 'Wendy')?.id ?? ''
      for (let count = 0; count < 24; count++) {
        stage.client.receive(id, count % 3 === 0 ? '🐦'.repeat(2000) : count % 3 === 1 ? 'W'.repeat(900) : 'short')
        await new Promise((resolve) => setTimeout(resolve, count * 7))
      }
      stage.client.receive(id, 'the very last')
    })
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 })
    await page.getByRole('article').filter({ hasText: 'the very last' }).waitFor()
    await page.waitForFunction(() => {
      const log = document.querySelector('[role=log]')
      return log !== null && log.scrollHeight - log.scrollTop - log.clientHeight < 2
    })
  })
})

test('each chat keeps its place, and who writes is taken to the end', { skip: noChromium }, async () => {
  await onState('conversation-long', {}, async (page) => {
    await inView(page, 'Alice-9999')
    await page.mouse.move(700, 400)
    for (let turn = 0; turn < 30; turn++) await turnWheel(page, -700)
    await page.waitForTimeout(300)
    const [, place] = await seen(page)
    await switchTo(page, 'Jun')
    await inView(page, 'Jun-0')
    await switchTo(page, 'Alice')
    await inView(page, place!.id)
    const back = (await seen(page)).find(({ id }) => id === place!.id)
    expect(Math.abs((back?.top ?? 0) - place!.top)).toBeLessThan(2)
    await page.getByRole('textbox').fill('at the end')
    await page.keyboard.press('Enter')
    await inView(page, 'sent-1')
  })
})

test('Enter sends, Shift+Enter makes a line, an input method may use Enter, and the draft is kept', {
  skip: noChromium,
}, async () => {
  await onState('conversation', {}, async (page) => {
    const field = page.getByRole('textbox', { name: 'Message Wendy' })
    await field.fill('one')
    await field.evaluate((element) => {
      const composing = { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }
      element.dispatchEvent(new KeyboardEvent('keydown', composing))
    })
    await field.press('Shift+Enter')
    await page.keyboard.type('two')
    expect(await field.inputValue()).toBe('one\ntwo')
    await field.press('Enter')
    await inView(page, 'sent-1')
    expect(await field.inputValue()).toBe('')
    await field.fill('unfinished')
    await field.blur()
    const drafts = await page.evaluate(() => {
      const { stage } = globalThis as unknown as StageHandle
      return stage.client.conversations.snapshot.map(({ draft }) => draft)
    })
    expect(drafts).toContain('unfinished')
  })
})

test('a message that cannot be kept comes back into the field', { skip: noChromium }, async () => {
  await onState('conversation-send-fails', {}, async (page) => {
    const field = page.getByRole('textbox', { name: 'Message Wendy' })
    await field.fill('precious')
    await field.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(await field.inputValue()).toBe('precious')
  })
})

test('a failed message says why and offers to try again, by keyboard', { skip: noChromium }, async () => {
  await onState('conversation-failed-message', {}, async (page) => {
    await inView(page, 'Priya-1')
    await page.getByRole('button', { name: 'Attach files' }).focus()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('ArrowUp')
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-message') === 'Priya-0')
    await page.keyboard.press('Enter')
    await page.getByText('no node of the swarm could be reached').waitFor()
    await page.getByRole('menuitem', { name: 'Try again' }).press('Enter')
    await page.getByText('Not sent').waitFor({ state: 'detached' })
  })
})

test('hostile text stays text', { skip: noChromium }, async () => {
  await onState('conversation-hostile', {}, async (page) => {
    await page.getByText('<img src=x onerror=alert(1)>').waitFor()
    expect(await page.locator('[role=log] img, [role=log] b, [role=log] a').count()).toBe(0)
    expect(await page.locator('[role=log]').textContent()).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/)
  })
})

test('a QR code is read from an image file', { skip: noChromium }, async () => {
  await onState('add-contact', {}, async (page) => {
    await page.getByRole('button', { name: 'Show my ID' }).click()
    const image = await page.getByRole('img', { name: /QR code/ }).screenshot()
    await page.getByRole('button', { name: 'Add somebody' }).click()
    const file = { name: 'code.png', mimeType: 'image/png', buffer: image }
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByText('This is you.').waitFor()
    await page.locator('input[type=file]').setInputFiles({ ...file, buffer: Buffer.from('no image') })
    await page.getByText('could not be read as an image').waitFor()
  })
})

const states = [
  'conversation',
  'conversation-parts',
  'conversation-note',
  'conversation-failed-message',
  'conversation-blocked',
  'conversation-request',
  'conversation-unsupported',
  'conversation-hostile',
  'conversation-empty',
  'conversation-offline',
  'conversation-unopened',
  'add-contact',
  'add-contact-wrong',
  'add-contact-found',
  'add-contact-own',
]

for (const look of [
  { width: 1440, theme: 'light', of: states },
  {
    width: 390,
    theme: 'dark',
    of: ['conversation', 'conversation-failed-message', 'conversation-request', 'add-contact-wrong'],
  },
] as const) {
  test(`axe finds nothing in any part, ${look.width} px, ${look.theme}`, { skip: noChromium }, async () => {
    await onEachState(look.of, look, async (page, state) => {
      expect({ state, found: await violationsOn(page, { of: 'part' }) }).toEqual({ state, found: [] })
    })
  })
}
