/** The real app in several tabs of one browser: one of them leads, and nobody has to know which. */
import { after, afterEach, before, describe, test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { type AppStage, cannotRun } from './app/app-stage.ts'
import { openSharedStage } from './testing/shared-stage.ts'

const message = (page: Page, text: string) => page.getByRole('article').filter({ hasText: text })
const composerOf = (page: Page) => page.getByRole('textbox', { name: /^(Message |Write a note)/ })

describe('the app in several tabs', { skip: cannotRun }, () => {
  let stage: AppStage
  before(async () => {
    stage = await openSharedStage()
  })
  after(() => stage?.[Symbol.asyncDispose]())
  afterEach(async () => expect(await stage.closeBrowsers()).toEqual([]))

  test('a second tab shows the same chats, sends and receives as the first does', async () => {
    const [alice, bob] = await stage.pair()
    const second = await alice.profile.newTab()
    await second.getByRole('link', { name: /Bob/ }).click()
    await message(second, 'hello Bob').waitFor()
    await composerOf(second).fill('from the second tab')
    await composerOf(second).press('Enter')
    await message(second, 'from the second tab').getByRole('img', { name: 'Stored on 3 of 3 nodes' }).waitFor()
    await alice.seesMessage('from the second tab')
    await bob.seesMessage('from the second tab')
    await bob.write('to both of them')
    await message(second, 'to both of them').waitFor()
    await alice.seesMessage('to both of them')
    await second.close()
    await alice.write('the first one alone')
    await bob.seesMessage('the first one alone')
  })

  test('when the first tab closes, the second goes on where it was, with its draft', async () => {
    const [alice, bob] = await stage.pair()
    const second = await alice.profile.newTab()
    await second.getByRole('link', { name: /Bob/ }).click()
    await message(second, 'hello Bob').waitFor()
    await composerOf(second).fill('a draft')
    await second.evaluate(`
      window.seen = new Set()
      new MutationObserver(() => {
        if (!document.querySelector('section.conversation textarea')) seen.add('the chat was gone')
      }).observe(document.body, { childList: true, subtree: true })
    `)
    await alice.page.close()
    await bob.write('who hears this?')
    await message(second, 'who hears this?').waitFor()
    expect(await composerOf(second).inputValue()).toBe('a draft')
    expect(await second.evaluate<string[]>('[...window.seen]')).toEqual([])
    await composerOf(second).press('Enter')
    await bob.seesMessage('a draft')
  })

  test('when the process of the leading tab dies, another tab takes over', async () => {
    const [alice, bob] = await stage.pair()
    const second = await alice.profile.newTab()
    await second.getByRole('link', { name: /Bob/ }).click()
    await message(second, 'hello Bob').waitFor()
    const crashed = alice.page.waitForEvent('crash')
    alice.page.goto('chrome://crash').catch(() => {}) // never answers
    await crashed
    await composerOf(second).fill('after the crash')
    await composerOf(second).press('Enter')
    await bob.seesMessage('after the crash')
    await bob.write('still there?')
    await message(second, 'still there?').waitFor()
  })

  test('of several tabs one tells of a message, and none while one of them shows its chat', async () => {
    const [alice, bob] = await stage.pair()
    await alice.profile.context.grantPermissions(['notifications', 'clipboard-read', 'clipboard-write'])
    await alice.page.goto(`${stage.url}#/settings/notifications`)
    await alice.page.getByRole('radio', { name: 'Name and text' }).check()
    const second = await alice.profile.newTab()
    await second.getByRole('link', { name: 'Settings' }).click()
    const tabs = [alice.page, second]
    for (const page of tabs) await countShown(page)
    // The tab that shows one may learn that it stands after everybody else.
    const shown = async (count: number) => {
      for (;;) {
        const each = await Promise.all(tabs.map((page) => page.evaluate<string[]>('window.shown')))
        if (each.flat().length >= count) return each.flat()
        await alice.page.waitForTimeout(50)
      }
    }

    await bob.write('are you there?')
    await untilNotified(second, 'are you there?')
    for (const page of tabs) await page.getByRole('link', { name: /Bob.*are you there/ }).waitFor()
    expect(await shown(1)).toEqual(['are you there?'])

    await second.getByRole('link', { name: /Bob/ }).click()
    await message(second, 'are you there?').waitFor()
    await bob.write('I see you are')
    await message(second, 'I see you are').waitFor()
    await second.getByRole('link', { name: 'Settings' }).click()
    await second.getByRole('heading', { name: 'Settings' }).waitFor()
    await bob.write('gone again?')
    await untilNotified(second, 'gone again?')
    expect(await shown(2)).toEqual(['are you there?', 'gone again?'])
  })

  test('an account that is erased in one tab is gone in the other', async () => {
    const alice = await stage.person('Alice')
    await alice.createAccount()
    const second = await alice.profile.newTab()
    await second.getByRole('heading', { name: 'Chats', exact: true }).waitFor()
    await second.goto(`${stage.url}#/settings/storage`)
    await second.getByRole('button', { name: 'Erase…' }).click()
    await second.getByRole('button', { name: 'Erase everything' }).click()
    await second.getByRole('button', { name: 'Create account' }).waitFor()
    await alice.button('Create account').waitFor()
  })
})

/** Keeps the texts of notifications that this tab shows, when they stand. */
function countShown(page: Page): Promise<void> {
  return page.evaluate(`navigator.serviceWorker.ready.then((found) => {
    window.shown = []
    const { showNotification } = ServiceWorkerRegistration.prototype
    ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
      await showNotification.call(this, title, options)
      window.shown.push(options.body)
    }
  })`)
}

async function untilNotified(page: Page, text: string): Promise<void> {
  await page.waitForFunction(async (wanted) => {
    const found = await navigator.serviceWorker.ready
    return (await found.getNotifications()).some(({ body }) => body === wanted)
  }, text)
}
