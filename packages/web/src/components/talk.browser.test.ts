/** What people do with messages, in the gallery: a fake client, a real browser. */
import { test } from 'node:test'
import { expect } from 'expect'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { violationsOn } from '../testing/axe.ts'
import { type Look, noChromium, onEachState, onState } from '../testing/gallery-browser.ts'

/** A state of a chat on a page of its own, with its messages in place. */
function inChat(state: string, look: Look, use: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  return onState(state, look, async (page, context) => {
    await page.locator('[role=log].placed').waitFor()
    await use(page, context)
  })
}

const message = (page: Page, text: string): Locator => page.getByRole('article').filter({ hasText: text })
/** A message with what stands beside it. */
const row = (page: Page, text: string): Locator => page.locator('[data-row]').filter({ hasText: text })
const composer = (page: Page): Locator => page.getByRole('textbox', { name: 'Message Wendy' })
const hasFocus = (page: Page, text: string) =>
  page.waitForFunction((wanted) => document.activeElement?.textContent?.includes(wanted) === true, text)

/** Where something is when it has not moved for ten frames: on a busy machine rows are measured late. */
async function placeOf(page: Page, element: Locator): ReturnType<Locator['boundingBox']> {
  const frame = () => page.evaluate(() => new Promise(requestAnimationFrame))
  let box = await element.boundingBox()
  for (let still = 0; still < 10; still++) {
    await frame()
    const now = await element.boundingBox()
    if (now?.y !== box?.y) still = 0
    box = now
  }
  return box
}

async function choose(page: Page, text: string, item: string): Promise<void> {
  await message(page, text).click({ button: 'right' })
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}

async function axe(page: Page): Promise<void> {
  expect(await violationsOn(page, { of: 'part' })).toEqual([])
}

test('a reply is begun by button, menu and key, shows what it answers, and Escape drops it', {
  skip: noChromium,
}, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    const bar = page.getByRole('group', { name: 'Answer to Wendy' })
    await message(page, 'goes in two hours').hover()
    await row(page, 'goes in two hours').getByRole('button', { name: 'Reply' }).click()
    await bar.getByText('This one goes in two hours').waitFor()
    expect(await composer(page).evaluate((field) => field === document.activeElement)).toBe(true)
    await page.keyboard.press('Escape')
    await bar.waitFor({ state: 'detached' })
    await choose(page, 'goes in two hours', 'Reply')
    await bar.waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+Shift+R')
    await bar.getByText('This one goes in two hours').waitFor()
    await page.keyboard.type('good to know')
    await page.keyboard.press('Enter')
    await bar.waitFor({ state: 'detached' })
    await message(page, 'good to know')
      .getByRole('button', { name: /^Answers Wendy: This one goes/ })
      .waitFor()
  })
})

test('a click on a quote leads to the message, which stands out and has the focus', { skip: noChromium }, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    await page.getByRole('log').press('Home')
    await row(page, 'Seven neighbours')
      .getByRole('button', { name: /^Answers Wendy/ })
      .click()
    await hasFocus(page, 'Look at the pier')
    await page.locator('.flashed').filter({ hasText: 'Look at the pier' }).waitFor()
    await message(page, 'And who told you that?').getByText('The original message was not found').waitFor()
  })
})

test('a click on a quote leads to a message far outside of the window', { skip: noChromium }, async () => {
  await inChat('conversation-far-quote', {}, async (page) => {
    await page.getByRole('button', { name: /^Answers Alice/ }).click()
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-message') === 'Alice-3')
    await page.waitForFunction(() => {
      const box = document.activeElement?.getBoundingClientRect()
      return box !== undefined && box.top > 64 && box.bottom < innerHeight
    })
    await page.getByRole('button', { name: 'Jump to latest' }).click()
    await page.getByRole('button', { name: /^Answers Alice/ }).waitFor()
  })
})

test('reactions are picked by search, toggled, and said who they are from', { skip: noChromium }, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    await message(page, 'goes in two hours').focus()
    await page.keyboard.press('Control+Shift+E')
    const picker = page.getByRole('dialog', { name: 'React' })
    await axe(page)
    await picker.getByRole('textbox', { name: 'Search emoji by name' }).fill('coffee')
    await page.keyboard.press('Enter')
    await picker.waitFor({ state: 'detached' })
    await hasFocus(page, 'goes in two hours')
    const chip = row(page, 'goes in two hours').getByRole('button', { name: '☕ by You. Take yours back' })
    await chip.click()
    await chip.waitFor({ state: 'detached' })

    await page.getByRole('log').press('Home')
    const thumb = row(page, 'Seven neighbours').getByRole('button', { name: '👍 by Wendy. React with it as well' })
    await thumb.click()
    await row(page, 'Seven neighbours').getByRole('button', { name: '👍 by Wendy and You. Take yours back' }).waitFor()
    await choose(page, 'Seven neighbours', 'Who reacted')
    await page.getByRole('dialog', { name: 'Reactions' }).getByText('Wendy and You').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })
})

test('the picker is walked through by arrows', { skip: noChromium }, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    await message(page, 'goes in two hours').focus()
    await page.keyboard.press('Control+Shift+E')
    const first = page.getByRole('group', { name: 'Recent' }).getByRole('button').first()
    await first.focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await row(page, 'goes in two hours')
      .getByRole('button', { name: /^🐦 by You/ })
      .waitFor()
  })
})

test('too many reactions are said plainly', { skip: noChromium }, async () => {
  await inChat('conversation-rate', {}, async (page) => {
    await message(page, 'goes in two hours').focus()
    await page.keyboard.press('Control+Shift+E')
    await page.getByRole('group', { name: 'Recent' }).getByRole('button').first().click()
    await page.getByRole('alert').getByText('20 reactions in a minute are the limit').waitFor()
  })
})

test('mentions show names, and are written with @, arrows and Enter', { skip: noChromium }, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    await page.getByRole('log').press('Home')
    await message(page, 'Ask @You, or @Wendy').waitFor()
    await composer(page).fill('')
    await composer(page).pressSequentially('hello @')
    await page.getByRole('listbox', { name: 'People in this chat' }).waitFor()
    await axe(page)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    expect(await composer(page).inputValue()).toBe('hello @Wendy ')
    await page.keyboard.type('and @al')
    await page.keyboard.press('Escape')
    await page.getByRole('listbox').waitFor({ state: 'detached' })
    await page.keyboard.press('Enter')
    const sent = await page.evaluate(() => {
      const { stage } = globalThis as unknown as {
        stage: { client: { conversations: { snapshot: { last?: { body: { text: string } } }[] } } }
      }
      return stage.client.conversations.snapshot[0]?.last?.body.text
    })
    expect(sent).toMatch(/^hello @05[0-9a-f]{64} and @al$/)
  })
})

test('deleting asks from where, and says honestly what that does', { skip: noChromium }, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    await choose(page, 'has hardly begun', 'Delete')
    const dialog = page.getByRole('dialog', { name: 'Delete this message?' })
    await dialog.getByText('Gone here. Your other devices and the other side keep it.').waitFor()
    await dialog.getByText('Wendy is asked to delete it as well. It may have been read already').waitFor()
    await axe(page)
    await dialog.getByRole('radio', { name: 'Everyone' }).check()
    await dialog.getByRole('button', { name: 'Delete now' }).click()
    await message(page, 'This message was deleted').last().waitFor()
    await message(page, 'has hardly begun').waitFor({ state: 'detached' })

    await choose(page, 'goes in two hours', 'Delete')
    await dialog.waitFor()
    expect(await dialog.getByRole('radio').count()).toBe(2)
    await dialog.getByRole('button', { name: 'Delete now' }).click()
    await message(page, 'goes in two hours').waitFor({ state: 'detached' })
  })
})

test('messages are selected by keyboard and pointer, copied, and deleted together', { skip: noChromium }, async () => {
  await inChat('conversation-talk', {}, async (page, context) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await message(page, 'waits to be read').focus()
    await page.keyboard.press('Space')
    await page.getByText('1 message selected').waitFor()
    await page.keyboard.press('Shift+ArrowUp')
    await page.getByText('2 messages selected').waitFor()
    await message(page, 'goes in two hours').click()
    await page.getByText('3 messages selected').waitFor()
    await axe(page)
    await page.getByRole('button', { name: 'Copy text' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(
      /^Wendy:\nThis one goes.*\n\nYou:\nThis one has hardly begun\n\nYou:\nThis one waits to be read$/,
    )
    await choose(page, 'waits to be read', 'Select')
    await message(page, 'waits to be read').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Space')
    await page.keyboard.press('Delete')
    await page.getByRole('dialog', { name: 'Delete 2 messages?' }).getByRole('button', { name: 'Delete now' }).click()
    await message(page, 'has hardly begun').waitFor({ state: 'detached' })
    await composer(page).waitFor()
  })
})

test('a chat is cleared, and stays', { skip: noChromium }, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    await page.getByRole('button', { name: 'More about this chat' }).click()
    await page.getByRole('menuitem', { name: 'Clear chat' }).click()
    await page
      .getByRole('dialog', { name: 'Clear the chat with Wendy?' })
      .getByRole('button', { name: 'Clear now' })
      .click()
    await page.getByText('Say hello to Wendy').waitFor()
    await composer(page).waitFor()
  })
})

test('the timer is set in a dialog, shown in the header, and taken over from the other side', {
  skip: noChromium,
}, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    await page.getByRole('button', { name: 'Use the same for mine' }).click()
    await page.getByRole('button', { name: 'Yours disappear 24 hours after sending' }).click()
    const dialog = page.getByRole('dialog', { name: 'Disappearing messages' })
    await dialog.getByText('Wendy is told of it, and decides for their own.').waitFor()
    await axe(page)
    await dialog.getByRole('radio', { name: 'After reading' }).check()
    await dialog.getByRole('combobox', { name: 'How long' }).selectOption({ label: '5 minutes' })
    await dialog.getByRole('button', { name: 'Set' }).click()
    await page.getByRole('button', { name: 'Yours disappear 5 minutes after reading' }).click()
    await dialog.getByRole('radio', { name: 'Never' }).check()
    await dialog.getByRole('button', { name: 'Set' }).click()
    await page.getByRole('button', { name: /^Yours disappear/ }).waitFor({ state: 'detached' })
  })
})

test('a ring says how long a message has left, and runs down in steps without motion', {
  skip: noChromium,
}, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    const ring = message(page, 'goes in two hours').getByRole('img', { name: 'Disappears in 2 hours' })
    await ring.waitFor()
    const timing = await ring.locator('.left').evaluate((circle) => getComputedStyle(circle).animationTimingFunction)
    expect(timing).toBe('steps(8)')
    await message(page, 'waits to be read').getByRole('img', { name: 'Disappears 12 hours after reading' }).waitFor()
  })
})

test('a message reads name, text, time and state; arrows walk from one to the next', { skip: noChromium }, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    await composer(page).focus()
    await page
      .getByRole('article', { name: /^You, And this one waits for the network, 21:58, Waiting for network$/ })
      .focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    await hasFocus(page, 'has hardly begun')
    await page
      .getByRole('article', { name: /^You, This one has hardly begun, 21:39, Read; stored on 7 of 7 nodes$/ })
      .waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Reply' }).waitFor()
    await page.keyboard.press('Escape')
    await hasFocus(page, 'has hardly begun')
  })
})

test('typing is said in the header, and theirs hears of ours', { skip: noChromium }, async () => {
  await inChat('conversation-typing', {}, async (page) => {
    await page.locator('header').getByText('typing…').waitFor()
    await composer(page).pressSequentially('hi')
    await composer(page).blur()
    const told = await page.evaluate(() => {
      const { stage } = globalThis as unknown as { stage: { client: { toldTyping: boolean[] } } }
      return stage.client.toldTyping
    })
    expect(told).toEqual([true, false])
  })
})

test('the line below the name is never cut off, in whatever language, beside the timer', {
  skip: noChromium,
}, async () => {
  const languages = ['en', 'de', 'es', 'fr', 'ar', 'en&text=larger', 'fr&text=larger']
  for (const language of languages) {
    await onEachState(
      ['conversation-talk', 'offline'],
      { width: 390, query: `language=${language}` },
      async (page, state) => {
        const line = page.locator('.who p')
        await line.waitFor()
        const isCut = await line.evaluate((p) => p.scrollWidth > p.clientWidth || p.scrollHeight > p.clientHeight)
        const { height = 0 } = (await page.locator('header:has(.who)').boundingBox()) ?? {}
        expect({ state, language, isCut, isTall: height > 100 }).toEqual({
          state,
          language,
          isCut: false,
          isTall: false,
        })
      },
    )
  }
})

test('files are staged by choosing and dropping, judged before they are sent, and not lost', {
  skip: noChromium,
}, async () => {
  await inChat('conversation-talk', {}, async (page) => {
    const file = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') }
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByRole('list', { name: 'Files to send' }).getByText('notes.txt').waitFor()
    await page.locator('section.conversation').evaluate((section) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([new Uint8Array(10_000_001)], 'film.mp4'))
      section.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
    })
    await page.getByText('Too large: at most 10 MB').waitFor()
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true)
    await axe(page)
    await page.getByRole('button', { name: 'Remove film.mp4' }).click()
    await composer(page).fill('with a file')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('Files cannot be sent yet').waitFor()
    expect(await composer(page).inputValue()).toBe('with a file')
    await page.getByRole('list', { name: 'Files to send' }).getByText('notes.txt').waitFor()
  })
})

test('a swipe answers', { skip: noChromium }, async () => {
  await inChat('conversation-talk', { width: 390 }, async (page, context) => {
    const devtools = await context.newCDPSession(page)
    const box = await placeOf(page, message(page, 'goes in two hours'))
    const [x, y] = [box!.x + 20, box!.y + 20]
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', dx: number) =>
      devtools.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x: x + dx, y }] })
    await touch('touchStart', 0)
    for (const dx of [10, 25, 45, 65, 80]) await touch('touchMove', dx)
    await touch('touchEnd', 0)
    await page.getByRole('group', { name: 'Answer to Wendy' }).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  })
})

for (const look of [
  { width: 1440, theme: 'light' },
  { width: 1024, theme: 'dark' },
  { width: 390, theme: 'dark' },
] as const) {
  test(`axe finds nothing in a full conversation, ${look.width} px, ${look.theme}`, { skip: noChromium }, async () => {
    await inChat('conversation-talk', { ...look }, async (page) => {
      await axe(page)
      await page.getByRole('log').press('Home')
      await message(page, 'Look at the pier').first().waitFor()
      await axe(page)
    })
  })
}
