/** The real app in a real browser: keyboards, screen readers, telephones, nonsense; and how quick it is. */
import { after, afterEach, before, describe, test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { violationsOn } from '../../web/src/testing/axe.ts'
import { type AppStage, cannotRun } from './app/app-stage.ts'
import { measureApp } from './app/measure-app.ts'
import type { Person } from './app/person.ts'
import { openSharedStage } from './testing/shared-stage.ts'

const NOBODY = `05${'1f'.repeat(32)}`

describe('using the app', { skip: cannotRun }, () => {
  let stage: AppStage
  before(async () => {
    stage = await openSharedStage()
  })
  after(() => stage?.[Symbol.asyncDispose]())
  afterEach(async () => expect(await stage.closeBrowsers()).toEqual([]))

  test('the keyboard alone leads from nothing to a message and back', async () => {
    const [alice, bob] = [await stage.person('Alice'), await stage.person('Bob')]
    await bob.createAccount()
    const { keyboard } = alice.page
    await alice.button('Create account').waitFor()
    await tabTo(alice, 'Create account')
    await keyboard.press('Enter')
    await focusIsOn(alice.page, 'Display name')
    await keyboard.type('Alice')
    await keyboard.press('Enter')
    await alice.inChats()
    await tabTo(alice, 'Add a contact')
    await keyboard.press('Enter')
    await focusIsOn(alice.page, 'Account ID or link')
    await alice.paste(await bob.copyAccountId())
    await keyboard.press('Enter')
    await focusIsOn(alice.page, /^Message /)
    await keyboard.type('no mouse was moved')
    await keyboard.press('Enter')
    await alice.seesStored('no mouse was moved')
    await focusIsOn(alice.page, /^Message /)
    await alice.page.setViewportSize({ width: 600, height: 800 })
    await tabTo(alice, 'Back to chats')
    await keyboard.press('Enter')
    await alice.page.waitForFunction(() => document.activeElement?.textContent?.includes('no mouse was moved'))
    await keyboard.press('Enter')
    await focusIsOn(alice.page, /^Message /)
  })

  test('axe finds nothing on any screen in either theme', async () => {
    const alice = await stage.person('Alice')
    const check = async (screen: string) => {
      for (const [colorScheme, about] of [
        ['light', 'everything'],
        ['dark', 'colours'],
      ] as const) {
        await alice.page.emulateMedia({ colorScheme })
        const found = await violationsOn(alice.page, { about })
        expect({ screen, colorScheme, found }).toEqual({ screen, colorScheme, found: [] })
      }
    }
    await alice.button('I have an account').click()
    await alice.page.getByLabel('Recovery phrase').fill('fizzle qwertz fan')
    await check('restore')
    await alice.button('Back').click()
    await check('welcome')
    await alice.createAccount()
    await check('empty list')
    await alice.button('Show the phrase').click()
    await alice.page.getByRole('listitem').nth(12).waitFor()
    await check('phrase')
    await alice.page.keyboard.press('Escape')
    await alice.button('You: Alice').click()
    await alice.page.getByRole('dialog', { name: 'Your account ID' }).waitFor()
    await check('own ID')
    await alice.page.keyboard.press('Escape')
    await alice.button('Add a contact').first().click()
    await alice.page.getByLabel('Account ID or link').fill(NOBODY.slice(2))
    await alice.page.keyboard.press('Enter')
    await check('add contact')
    await alice.page.keyboard.press('Escape')
    await alice.addContact(NOBODY)
    await alice.write('hello')
    await alice.seesStored('hello')
    await alice.button('Details').click()
    await check('conversation')
    await alice.page.getByRole('link', { name: 'Network: Connected' }).click()
    await alice.sees('Connected since')
    await check('path')
    await alice.page.getByRole('link', { name: 'Settings' }).click()
    await alice.page.getByRole('heading', { name: 'Settings' }).waitFor()
    await check('settings')
  })

  test('a telephone shows one column, with a way back', async () => {
    const alice = await stage.person('Alice', { width: 390 })
    const fits = () => alice.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)
    await alice.createAccount()
    expect(await fits()).toBe(true)
    await alice.addContact(NOBODY)
    await alice.write('from a telephone')
    expect(await alice.page.getByRole('heading', { name: 'Chats', exact: true }).isVisible()).toBe(false)
    expect(await fits()).toBe(true)
    await alice.button('Details').tap()
    await alice.page.getByRole('heading', { name: 'Your path' }).waitFor()
    expect(await fits()).toBe(true)
    await alice.button('Close details').tap()
    await alice.button('Back to chats').tap()
    await alice.inChats()
    expect(await alice.composer.isVisible()).toBe(false)
    for (const [link, heading] of [
      ['Network: Connected', 'Network'],
      ['Settings', 'Settings'],
    ] as const) {
      await alice.page.getByRole('link', { name: link }).tap()
      await alice.page.getByRole('heading', { name: heading, exact: true }).waitFor()
      expect(await fits()).toBe(true)
      await alice.button('Back to chats').tap()
      await alice.inChats()
    }
  })

  test('hostile texts are shown as they are, and harm nothing', async () => {
    const [alice, bob] = await stage.pair()
    const texts = [
      '<img src=https://starling.invalid/x.png onerror="document.title=1"><script>document.title=2</script>',
      'https://starling.invalid/preview javascript:alert(1) &lt;b&gt; {{ 7 * 7 }}',
      'W'.repeat(1900),
      'مرحبا بالعالم, mixed with English ‏و‏ 123',
      '👩‍👩‍👧‍👦🏳️‍🌈🇺🇳 e\u0301\u0323\u0310 Z̸̢͕͂a̷͇͝l̴̘̋g̶͖̈o̸̪͐ ﷽',
      '🐦'.repeat(2000),
      'a\n\n\n\n\nb',
    ]
    for (const text of texts) await alice.send(text)
    await alice.send('gpj.\u202Eexe.\u2066\u0007\u001b the last one')
    for (const who of [alice, bob]) {
      const last = who.message('gpj.exe. the last one')
      await last.waitFor()
      await last.scrollIntoViewIfNeeded()
      expect(await who.page.getByRole('log').evaluate((log) => log.scrollWidth - log.clientWidth)).toBe(0)
      expect(await who.page.locator('article :is(img:not([role]), script, a)').count()).toBe(0)
      expect(await who.page.title()).toBe('Starling')
      const shown = new Set(await textsOf(who, 'hello Bob'))
      expect(texts.filter((text) => !shown.has(text))).toEqual([])
    }

    await alice.composer.fill('🐦'.repeat(20_001))
    await alice.sees('1 character too many. 20,000 can be sent at once.')
    expect(await alice.button('Send').isDisabled()).toBe(true)
    await alice.composer.press('Enter')
    expect(await alice.composer.inputValue()).toBe('🐦'.repeat(20_001))
    await alice.composer.fill(`${'a'.repeat(2000)} the second part`)
    await alice.sees('This goes as several messages.')
    await alice.composer.press('Enter')
    await alice.seesMessage('the second part')
    await bob.page.getByRole('link', { name: /the second part/ }).waitFor()
    await alice.composer.fill(' \n\t ')
    expect(await alice.button('Send').isDisabled()).toBe(true)
  })

  test('nonsense is answered with what is wrong with it', async () => {
    const alice = await stage.person('\u202E<i>Alice</i>')
    await alice.button('I have an account').click()
    const phrase = alice.page.getByLabel('Recovery phrase')
    for (const junk of ['\u0000\u202E💥 <b>', 'abbey '.repeat(4000), '[object Object]', '0'.repeat(100_000)]) {
      await phrase.fill(junk)
      expect(await alice.button('Restore account').isDisabled()).toBe(true)
    }
    await alice.button('Back').click()
    await alice.button('Create account').click()
    await alice.button('Start messaging').click()
    await alice.sees('Type a name first.')
    await alice.page.getByLabel('Display name').fill('👩‍👩‍👧‍👦'.repeat(9))
    await alice.button('Start messaging').click()
    await alice.sees('This name cannot be used.')
    await alice.page.getByLabel('Display name').fill(alice.name)
    await alice.button('Start messaging').click()
    await alice.inChats()
    await alice.button('You: <i>Alice</i>').waitFor()

    await alice.button('Add a contact').first().click()
    const field = alice.page.getByLabel('Account ID or link')
    for (const [text, answer] of [
      [NOBODY.slice(0, -1), 'This is 65 characters long'],
      [NOBODY.replace('1f1f', '1f1g'), '“g” does not belong'],
      [NOBODY.replace('05', '15'), 'An account ID begins with 05'],
      ['https://starling.invalid/#/chats', 'This link does not lead to a contact'],
      ['\u202E<script>alert(1)</script>', 'characters long; an account ID has 66'],
    ] as const) {
      await field.fill(text)
      await alice.button('Start chat').click()
      await alice.sees(answer)
    }
    await alice.page.keyboard.press('Escape')
    await alice.page.goto(`${stage.url}#/c/<b>nonsense</b>%00`)
    await alice.sees('This chat is not on this device')
    await alice.page.goto(`${stage.url}#/add/nonsense`)
    await alice.sees('This is 8 characters long')
    expect(new URL(alice.page.url()).hash).toBe('#/new')
  })

  test('figures, printed only', async () => {
    for (const [name, value] of await measureApp(stage)) console.log(`    ${name.padEnd(44)} ${value}`)
  })
})

/** Presses Tab until the control with this name has the focus; it must be in the order of the page. */
async function tabTo(who: Person, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    if ((await nameOfFocus(who.page)) === name) return
    await who.page.keyboard.press('Tab')
  }
  throw new Error(`no Tab leads to ${name}`)
}

const nameOfFocus = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => {
    const focused = document.activeElement
    return focused?.getAttribute('aria-label') ?? focused?.textContent?.trim()
  })

const focusIsOn = async (page: Page, label: string | RegExp): Promise<void> => {
  const field = page.getByLabel(label)
  await field.waitFor()
  await page.waitForFunction((element) => document.activeElement === element, await field.elementHandle())
}

/** All texts of the log, which keeps only what is near the window in the page: read upwards, to the first message. */
async function textsOf(who: Person, first: string): Promise<string[]> {
  const texts: string[] = []
  await who.page.getByRole('log').hover()
  for (let turns = 0; turns < 200 && !texts.includes(first); turns++) {
    texts.push(...(await who.messages()))
    await who.page.mouse.wheel(0, -300)
    await who.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  }
  return texts
}
