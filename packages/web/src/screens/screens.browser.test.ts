import { test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { violationsOn } from '../testing/axe.ts'
import { noChromium, onEachState, onState } from '../testing/gallery-browser.ts'

const row = (page: Page, name: RegExp) => page.getByRole('link', { name })
/** Waits until the element with the focus says `text`. */
const focusOn = (page: Page, text: string) =>
  page.waitForFunction((wanted) => document.activeElement?.closest('a')?.textContent?.includes(wanted), text)

const screens = [
  'opening',
  'welcome',
  'name',
  'restore',
  'archive',
  'restoring',
  'needs-name',
  'failed-unreadable',
  'chats',
  'chats-empty',
  'chat-unconfirmed',
  'chat-gone',
  'requests',
  'requests-empty',
  'offline',
  'offline-clock',
  'settings-unconfirmed',
  'network',
  'add-contact-link',
]

for (const look of [
  { width: 1440, theme: 'light' },
  { width: 390, theme: 'dark' },
] as const) {
  test(`axe finds nothing on any screen, ${look.width} px, ${look.theme}`, { skip: noChromium }, async () => {
    await onEachState(screens, look, async (page, state) => {
      expect({ state, found: await violationsOn(page) }).toEqual({ state, found: [] })
    })
  })
}

test('a newcomer is writing after two steps with the keyboard alone', { skip: noChromium }, async () => {
  await onState('welcome', {}, async (page) => {
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByLabel('Display name').waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('Type a name first.').waitFor()
    await page.keyboard.type('Carol')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Chats' }).waitFor()
    await page.getByText('Write down your recovery phrase').waitFor()
  })
})

test('a phrase is judged word by word, restored, and a missing name is asked for', { skip: noChromium }, async () => {
  await onState('restore', { width: 390 }, async (page) => {
    const field = page.getByLabel('Recovery phrase')
    await field.fill('fizzle qqq fan')
    await page.getByText('“qqq” (word 2)').waitFor()
    await field.fill('fi')
    await page.getByRole('button', { name: /^fi/ }).first().click()
    expect(await field.inputValue()).toMatch(/^fi\w+ $/)
    await field.fill('fizzle fancy joyous biweekly hairy rumble vats jogger agreed ruthless mesh fully rumble')
    await page.getByText('All words fit together.').waitFor()
    await page.getByRole('button', { name: 'Restore account' }).click()
  })
})

test('of an archive that is damaged nothing is kept, unless what can be read is wanted', {
  skip: noChromium,
}, async () => {
  await onState('archive-damaged', { width: 390 }, async (page) => {
    const restore = page.getByRole('button', { name: 'Restore account' })
    await restore.click()
    await page.getByText('Choose a file first.').waitFor()
    await page.getByLabel('Archive file').setInputFiles({ name: 'a', mimeType: 'text/plain', buffer: Buffer.from('a') })
    await restore.click()
    await page.getByText('Type a passphrase first.').waitFor()
    await page.getByLabel('Passphrase of the file').fill('four words or more')
    await page.keyboard.press('Enter')
    await page.getByText('The file is damaged. Nothing of it was kept on this device.').waitFor()
    await page.getByRole('button', { name: 'Take what can be read' }).waitFor()
    await page.getByRole('button', { name: 'Back' }).click()
    await page.getByLabel('Recovery phrase').waitFor()
  })
})

test('files that cannot be sent after their chat was left wait there, and the list says so', {
  skip: noChromium,
}, async () => {
  await onState('chat-open', {}, async (page) => {
    await page.evaluate(() => {
      const { client } = Reflect.get(globalThis, 'session')
      const upload = () =>
        new Promise((_, reject) => {
          const error = Object.assign(new Error('unreachable'), { code: 'storage_unreachable' })
          Object.assign(globalThis, { failUpload: () => reject(error) })
        })
      client.files = { ...client.files, upload }
    })
    await page.locator('input[type=file]').setInputFiles({
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('notes'),
    })
    await page.getByRole('textbox', { name: 'Message Wendy' }).fill('as promised')
    await page.keyboard.press('Enter')
    await page.getByText('Sending 1 file').waitFor()
    await row(page, /^Jun/).click()
    await page.getByRole('textbox', { name: 'Message Jun' }).waitFor()
    await page.evaluate(() => Reflect.get(globalThis, 'failUpload')())
    await page.getByText('Files for Wendy were not sent').waitFor()
    await page.getByRole('button', { name: 'Open the chat' }).click()
    await page.getByText('These files could not be sent while you were elsewhere.').waitFor()
    await page.getByRole('button', { name: /^Remove notes\.txt/ }).waitFor()
    expect(await page.getByRole('textbox', { name: 'Message Wendy' }).inputValue()).toBe('as promised')
    expect(await page.getByText('Files for Wendy were not sent').count()).toBe(0)
  })
})

test('the banner stays until two words of the phrase were confirmed', { skip: noChromium }, async () => {
  await onState('chat-unconfirmed', {}, async (page) => {
    await page.getByRole('button', { name: 'Show the phrase' }).click()
    const words = await page.locator('[role=dialog] li').allTextContents()
    await page.getByRole('button', { name: 'I wrote them down' }).click()
    const asked = await page.locator('[role=dialog] label').allTextContents()
    for (const label of asked) {
      const number = Number(/\d+/.exec(label)?.[0])
      const word = words[number - 1]?.replace(/\d+/, '').trim() ?? ''
      await page.getByLabel(label, { exact: true }).fill(word)
    }
    await page.keyboard.press('Enter')
    await page.getByText('Write down your recovery phrase').waitFor({ state: 'detached' })
  })
})

test('the menu of a chat opens by mouse and by keyboard, and pins', { skip: noChromium }, async () => {
  await onState('chats', {}, async (page) => {
    await row(page, /^Jun/).click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Pin to top' }).click()
    expect((await page.locator('[data-chat] .title').allTextContents()).map((text) => text.trim())[1]).toBe('Jun')
    await row(page, /^Dave/).focus()
    await page.keyboard.press('Shift+F10')
    await page.getByRole('menuitem', { name: 'Mute' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    await focusOn(page, 'Dave')
  })
})

test('deleting asks first, and says what stays', { skip: noChromium }, async () => {
  await onState('chats', {}, async (page) => {
    await row(page, /^Jun/).click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Delete chat' }).click()
    await page.getByText('Jun keeps their copy').waitFor()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await row(page, /^Jun/).waitFor({ state: 'detached' })
  })
})

test('the arrows walk through five thousand chats, of which few are in the page', { skip: noChromium }, async () => {
  await onState('chats-many', {}, async (page) => {
    await page.locator('[data-chat]').first().focus()
    await page.keyboard.press('End')
    await focusOn(page, 'Judy 5000')
    await page.keyboard.press('ArrowUp')
    await focusOn(page, 'Ivan 4999')
    await page.keyboard.press('Home')
    await focusOn(page, 'Alice 1')
    expect(await page.locator('[data-chat]').count()).toBeLessThan(60)
  })
})

test('on a phone a chat takes the page, and going back returns to its row', { skip: noChromium }, async () => {
  await onState('chats', { width: 390 }, async (page) => {
    await row(page, /^Murmuration/).tap()
    await page.getByRole('button', { name: 'Back to chats' }).tap()
    await row(page, /^Murmuration/).waitFor()
    await focusOn(page, 'Murmuration')
  })
})

test('Enter sends or makes a new line, as it is set', { skip: noChromium }, async () => {
  await onState('settings-appearance', { width: 1440 }, async (page) => {
    await page.getByRole('checkbox', { name: /Enter sends/ }).uncheck()
    await row(page, /Wendy/).click()
    const field = page.getByRole('textbox', { name: /Message Wendy/ })
    await field.fill('one')
    await field.press('Enter')
    await field.pressSequentially('two')
    expect(await field.inputValue()).toBe('one\ntwo')
    await field.press('Control+Enter')
    await page.getByRole('log').getByText('one\ntwo').waitFor()
    expect(await field.inputValue()).toBe('')
  })
})

test('erasing says what it means and ends where everything began', { skip: noChromium }, async () => {
  await onState('settings-erase', {}, async (page) => {
    await page.getByRole('button', { name: 'Erase…' }).click()
    await page.getByText('this account is gone for good').waitFor()
    await page.getByRole('button', { name: 'Erase everything' }).click()
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.keyboard.type('Dave')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Let somebody find you' }).waitFor()
  })
})
