/** The real app in real browsers on a real local network: what two people do with messages. */
import { after, afterEach, before, describe, test } from 'node:test'
import { expect } from 'expect'
import type { Locator } from 'playwright-core'
import { type AppStage, cannotRun } from './app/app-stage.ts'
import type { Person } from './app/person.ts'
import { openSharedStage } from './testing/shared-stage.ts'

describe('messages of two people', { skip: cannotRun }, () => {
  let stage: AppStage
  before(async () => {
    stage = await openSharedStage()
  })
  after(() => stage?.[Symbol.asyncDispose]())
  afterEach(async () => expect(await stage.closeBrowsers()).toEqual([]))

  test('an answer shows what it answers on both sides, and leads there', async () => {
    const [alice, bob] = await stage.pair()
    await bob.message('hello Bob').hover()
    await row(bob, 'hello Bob').getByRole('button', { name: 'Reply' }).click()
    await bob.page.getByRole('group', { name: 'Answer to Alice' }).getByText('hello Bob').waitFor()
    await bob.write('hello yourself')
    for (const [who, name] of [
      [alice, 'You'],
      [bob, 'Alice'],
    ] as const) {
      await who
        .message('hello yourself')
        .getByRole('button', { name: `Answers ${name}: hello Bob` })
        .click()
      await focusIsOn(who, 'hello Bob')
    }
    await alice.page.keyboard.press('Control+Shift+R')
    await alice.page.getByRole('group', { name: 'Answer to yourself' }).waitFor()
    await alice.page.keyboard.press('Escape')
  })

  test('a reaction appears on the other side, is joined, and taken back', async () => {
    const [alice, bob] = await stage.pair()
    await bob.message('hello Bob').focus()
    await bob.page.keyboard.press('Control+Shift+E')
    await bob.page.getByRole('textbox', { name: 'Search emoji by name' }).fill('bird')
    await bob.page.keyboard.press('Enter')
    const join = row(alice, 'hello Bob').getByRole('button', { name: '🐦 by Bob. React with it as well' })
    await join.click()
    await row(bob, 'hello Bob')
      .getByRole('button', { name: /^🐦 by (You and Alice|Alice and You)\. Take/ })
      .click()
    await row(alice, 'hello Bob').getByRole('button', { name: '🐦 by You. Take yours back' }).click()
    await row(bob, 'hello Bob').getByRole('button', { name: /🐦/ }).waitFor({ state: 'detached' })
  })

  test('who is named with @ sees it in the list and in the message', async () => {
    const [alice, bob] = await stage.pair()
    await bob.page.getByRole('link', { name: 'Settings' }).click()
    await alice.composer.pressSequentially('ask @b')
    await alice.page.getByRole('listbox', { name: 'People in this chat' }).getByText('Bob').waitFor()
    await alice.page.keyboard.press('Enter')
    await alice.composer.pressSequentially('about it')
    await alice.page.keyboard.press('Enter')
    await alice.seesMessage('ask @Bob about it')
    await bob.row('Alice').getByTitle('You were mentioned').waitFor()
    await bob.row('Alice').getByText('ask @You about it').waitFor()
    await bob.openChat('Alice')
    await bob.seesMessage('ask @You about it')
    await bob.row('Alice').getByTitle('You were mentioned').waitFor({ state: 'detached' })
  })

  test('a message is deleted for everyone, another one from this device alone', async () => {
    const [alice, bob] = await stage.pair()
    await alice.write('a slip of the tongue')
    await alice.write('and something else')
    await bob.seesMessage('and something else')
    await deleteFrom(alice, 'a slip of the tongue', 'Everyone')
    await alice.seesMessage('This message was deleted')
    await bob.seesMessage('This message was deleted')
    expect(await bob.message('a slip of the tongue').count()).toBe(0)
    await deleteFrom(bob, 'and something else', 'This device only')
    await bob.message('and something else').waitFor({ state: 'detached' })
    await bob.page.reload()
    await bob.seesMessage('This message was deleted')
    expect(await bob.message('and something else').count()).toBe(0)
    await alice.seesMessage('and something else')
  })

  test('a chat is cleared on one side, and goes on', async () => {
    const [alice, bob] = await stage.pair()
    await alice.button('More about this chat').click()
    await alice.page.getByRole('menuitem', { name: 'Clear chat' }).click()
    await alice.button('Clear now').click()
    await alice.sees('Say hello to')
    await bob.write('still there?')
    await alice.seesMessage('still there?')
    await bob.seesMessage('hello Bob')
  })

  test('disappearing messages are switched on, run down on both sides, and are followed', async () => {
    const [alice, bob] = await stage.pair()
    await alice.button('More about this chat').click()
    await alice.page.getByRole('menuitem', { name: 'Disappearing messages' }).click()
    await alice.page.getByRole('radio', { name: 'After reading' }).check()
    await alice.page.getByRole('combobox', { name: 'How long' }).selectOption({ label: '5 minutes' })
    await alice.button('Set').click()
    await alice.sees('You: messages disappear 5 minutes after reading')
    await bob.sees('Alice: messages disappear 5 minutes after reading')
    await alice.write('soon gone')
    await bob
      .message('soon gone')
      .getByRole('img', { name: /^Disappears in/ })
      .waitFor()
    await alice
      .message('soon gone')
      .getByRole('img', { name: /^Disappears in/ })
      .waitFor()
    await bob.button('Use the same for mine').click()
    await bob.button('Yours disappear 5 minutes after reading').waitFor()
    await alice.sees('Bob: messages disappear 5 minutes after reading')
  })

  test('typing and reading are told to who is told it, and nothing before', async () => {
    const [alice, bob] = await stage.pair()
    await alice.write('have you read this?')
    await bob.seesMessage('have you read this?')
    await alice
      .message('have you read this?')
      .getByRole('img', { name: /^Delivered; stored on 3 of 3/ })
      .waitFor()
    for (const who of [alice, bob]) {
      await who.page.getByRole('link', { name: 'Settings' }).click()
      await who.page.getByRole('link', { name: /^Privacy/ }).click()
      for (const name of [/^Read receipts/, /^Typing/]) {
        await who.page.getByRole('checkbox', { name }).click()
        await who.page.getByRole('checkbox', { name, checked: true }).waitFor()
      }
    }
    await alice.openChat('Bob')
    await alice.composer.pressSequentially('I am ty')
    await bob.row('Alice').getByText('typing…').waitFor()
    await bob.openChat('Alice')
    await bob.page.locator('header').getByText('typing…').waitFor()
    await alice.composer.fill('and this?')
    await alice.page.keyboard.press('Enter')
    await bob.seesMessage('and this?')
    await alice
      .message('and this?')
      .getByRole('img', { name: /^Read; stored on 3 of 3/ })
      .waitFor()
    await bob.page.locator('header').getByText('typing…').waitFor({ state: 'detached' })
  })

  test('what was typed last is there after a reload', async () => {
    const [alice] = await stage.pair()
    await alice.composer.pressSequentially('to the last let')
    await alice.page.keyboard.type('ter')
    await alice.page.reload()
    await alice.composer.waitFor()
    expect(await alice.composer.inputValue()).toBe('to the last letter')
  })

  test('a draft that answers a message still does after a reload', async () => {
    const [alice, bob] = await stage.pair()
    await bob.message('hello Bob').hover()
    await row(bob, 'hello Bob').getByRole('button', { name: 'Reply' }).click()
    await bob.composer.pressSequentially('and a good')
    await bob.page.reload()
    const bar = bob.page.getByRole('group', { name: 'Answer to Alice' })
    await bar.getByText('hello Bob').waitFor()
    expect(await bob.composer.inputValue()).toBe('and a good')
    await bob.composer.pressSequentially(' evening')
    await bob.page.keyboard.press('Enter')
    await bar.waitFor({ state: 'detached' })
    await alice
      .message('and a good evening')
      .getByRole('button', { name: /^Answers (You|yourself): hello Bob/ })
      .waitFor()
    await bob.page.reload()
    await bob.seesMessage('and a good evening')
    expect(await bar.count()).toBe(0)
  })

  test('files wait with a plain word where there is no place to store them', async () => {
    const [alice] = await stage.pair()
    const file = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') }
    await alice.page.locator('input[type=file]').setInputFiles(file)
    await alice.composer.fill('my notes')
    await alice.composer.press('Enter')
    await alice.sees('Files cannot be sent yet')
    expect(await alice.composer.inputValue()).toBe('my notes')
    await alice.sees('notes.txt')
    expect(await alice.message('my notes').count()).toBe(0)
  })
})

/** A message with what stands beside it. */
function row(who: Person, text: string): Locator {
  return who.page.locator('[data-row]').filter({ hasText: text }).first()
}

async function focusIsOn(who: Person, text: string): Promise<void> {
  const focused = who.page.locator('article:focus').filter({ hasText: text })
  await focused.waitFor()
}

async function deleteFrom(who: Person, text: string, scope: string): Promise<void> {
  await who.message(text).click({ button: 'right' })
  await who.page.getByRole('menuitem', { name: 'Delete', exact: true }).click()
  await who.page.getByRole('radio', { name: scope }).check()
  await who.button('Delete now').click()
}
