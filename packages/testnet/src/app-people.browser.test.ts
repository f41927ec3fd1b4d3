/** The real app in real browsers on a real local network: who somebody is, who may write, and who may look. */
import { after, afterEach, before, describe, test } from 'node:test'
import { expect } from 'expect'
import { type AppStage, cannotRun } from './app/app-stage.ts'
import type { Person } from './app/person.ts'
import { openSharedStage } from './testing/shared-stage.ts'

const PASSPHRASE = 'four words or more'

describe('people in the app', { skip: cannotRun }, () => {
  let stage: AppStage
  before(async () => {
    stage = await openSharedStage()
  })
  after(() => stage?.[Symbol.asyncDispose]())
  afterEach(async () => expect(await stage.closeBrowsers()).toEqual([]))

  test('a request waits apart and tells nothing; it is deleted, blocked, kept out of sight, or accepted', async () => {
    const [alice, bob] = await Promise.all([stage.person('Alice'), stage.person('Bob')])
    await Promise.all([alice.createAccount(), bob.createAccount()])
    await alice.addContact(await bob.copyAccountId())
    await alice.write('is this you?')
    await alice.seesStored('is this you?')
    await bob.openRequest('Alice')
    await bob.seesMessage('is this you?')
    expect(await bob.composer.count()).toBe(0)
    await bob.button('Delete').click()
    await inDialog(bob, 'Delete')
    await bob.sees('No requests')
    // Whoever looked at it, and deleted it, told nothing: no receipt came.
    await alice.seesStored('is this you?')

    await alice.write('hello again')
    await bob.openChat('Alice')
    await bob.button('Block').click()
    await inDialog(bob, 'Block')
    await bob.sees('No requests')
    await alice.write('are you there?')
    await alice.seesStored('are you there?')
    await openSettings(bob, 'Privacy')
    await bob.button(/^Unblock/).click()
    await bob.sees('Nobody is blocked.')
    await alice.write('once more')
    await openChats(bob)
    await bob.page.getByRole('link', { name: /message request/ }).waitFor()
    await openSettings(bob, 'Privacy')

    await bob.page.getByRole('checkbox', { name: /Contacts only/ }).check()
    await bob.page.getByRole('link', { name: /message request/ }).waitFor({ state: 'detached' })
    await bob.page.getByRole('link', { name: 'Requests', exact: true }).click()
    await bob.sees('Requests are out of sight')
    await openSettings(bob, 'Privacy')
    await bob.page.getByRole('checkbox', { name: /Contacts only/ }).uncheck()
    await openChats(bob)
    await bob.openRequest('Alice')
    await bob.seesMessage('once more')
    expect(await bob.message('are you there?').count()).toBe(0)
    await bob.accept()
    await bob.write('now I know you')
    await alice.seesMessage('now I know you')
    await alice.write('and I you')
    await alice
      .message('and I you')
      .getByRole('img', { name: /^Delivered/ })
      .waitFor()
    await alice.seesStored('once more')
  })

  test('two people compare their number, scan it, and the mark stays on that device', async () => {
    const [alice, bob] = await stage.pair()
    await bob.write('hello Alice')
    await alice.seesMessage('hello Alice')
    const [hers, his] = await Promise.all([alice, bob].map(openVerify))
    expect(hers).toMatch(/^(\d{5} ){11}\d{5}$/)
    expect(his).toBe(hers)
    const code = await bob.page.getByRole('img', { name: 'QR code of the safety number' }).screenshot()
    const wrong = await bob.page.getByRole('dialog').getByText('Safety number').screenshot()
    const field = alice.page.getByLabel('Scan from image').last()
    await field.setInputFiles({ name: 'wrong.png', mimeType: 'image/png', buffer: wrong })
    await alice.sees('No QR code was found')
    await field.setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: code })
    await alice.sees('The code on their device is the same')
    await alice.button('Mark as verified').click()
    await alice.sees('Verified on this device')
    await alice.page.keyboard.press('Escape')
    await alice.page.reload()
    await alice.row('Bob').getByText('Verified').waitFor()
    expect(await bob.row('Alice').getByText('Verified').count()).toBe(0)
  })

  test('a passphrase stands before everything, at the start and when it is locked; wrong ones have to be waited for', async () => {
    const [alice] = await stage.pair()
    await openSettings(alice, 'Privacy')
    await alice.button('Set a passphrase…').click()
    await alice.page.getByLabel('New passphrase').fill(PASSPHRASE)
    await alice.page.getByLabel('Once more').fill('another one')
    await inDialog(alice, 'Save')
    await alice.sees('The two are not the same.')
    await alice.page.getByLabel('Once more').fill(PASSPHRASE)
    await inDialog(alice, 'Save')
    await alice.sees('This device is protected by a passphrase.')
    await alice.page.keyboard.press('ControlOrMeta+l')
    await alice.sees('Starling is locked')
    expect(await alice.page.getByText('Bob').count()).toBe(0)
    // Three are free. The wait begins with the attempt: on a busy machine the first ones are over by the time of the answer.
    const wait = alice.page.getByText(/^Wait \d+:\d\d before/)
    for (let attempt = 1; attempt <= 7 && !(await wait.isVisible()); attempt++) {
      await alice.page.getByLabel('Passphrase').fill(`attempt ${attempt}`)
      await alice.button('Unlock').click()
      await alice.sees('That is not the passphrase.')
    }
    expect(await alice.button('Unlock').isDisabled()).toBe(true)
    await wait.waitFor({ state: 'detached' })
    await unlock(alice)
    await alice.row('Bob').waitFor()
    await alice.page.reload()
    await alice.sees('Starling is locked')
    await unlock(alice)
    await alice.row('Bob').waitFor()
  })

  test('a search leads to the message, wherever it is', async () => {
    const alice = await stage.person('Alice')
    await alice.createAccount()
    await alice.openNote()
    await alice.write('the needle is in the red box')
    for (let line = 1; line <= 30; line++) await alice.write(`line ${line} of the hay`)
    await alice.write('another needle, in the blue box')
    await alice.page.reload()
    await alice.message('blue box').waitFor()
    await alice.page.keyboard.press('ControlOrMeta+f')
    const field = alice.page.getByRole('searchbox', { name: 'Words to look for' })
    await field.fill('NEEDLE box')
    await alice.sees('2 messages found')
    await field.press('Enter')
    await alice.sees('1 of 2')
    await field.press('Enter')
    await alice.sees('2 of 2')
    await alice.message('red box').waitFor()
    await alice.page.waitForFunction(() => {
      const bubble = [...document.querySelectorAll('article')].find((each) => each.textContent?.includes('red box'))
      const box = bubble?.getBoundingClientRect()
      return box !== undefined && box.top > 0 && box.bottom < innerHeight
    })
    await field.fill('nowhere to be found')
    await alice.sees('Nothing found')
    await field.press('Escape')
    await alice.inChats()
  })

  test('two accounts on one device keep apart what is theirs, and one can be removed', async () => {
    const alice = await stage.person('Alice')
    await alice.createAccount()
    await alice.openNote()
    await alice.write('a note of Alice')
    const first = await alice.copyAccountId()
    await alice.button('You: Alice').click()
    await alice.button('Add an account').click()
    await alice.button('Back to Alice').click()
    await alice.row('Note to Self').waitFor()
    await alice.button('You: Alice').click()
    await alice.button('Add an account').click()
    await alice.button('Create account').click()
    await alice.page.getByLabel('Display name').fill('Work')
    await alice.button('Start messaging').click()
    await alice.inChats()
    await alice.button('You: Work').waitFor()
    expect(await alice.page.getByText('a note of Alice').count()).toBe(0)
    await alice.page.reload()
    await alice.button('You: Work').click()
    await alice.button('Open Alice').click()
    await alice.button('You: Alice').waitFor()
    await alice.row('Note to Self').getByText('a note of Alice').waitFor()
    expect(await alice.copyAccountId()).toBe(first)
    await openSettings(alice, 'Storage')
    await alice.sees('Remove this account from this device')
    await alice.button('Erase…').click()
    await inDialog(alice, 'Remove')
    await alice.button('You: Work').waitFor()
    await alice.page.reload()
    await alice.button('You: Work').waitFor()
  })
})

async function inDialog(who: Person, button: string): Promise<void> {
  await who.page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click()
}

async function openChats(who: Person): Promise<void> {
  await who.page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link', { name: /^Chats/ })
    .click()
}

async function openSettings(who: Person, page: string): Promise<void> {
  await who.page.getByRole('link', { name: 'Settings', exact: true }).click()
  await who.page.getByRole('navigation', { name: 'Settings pages' }).getByRole('link', { name: page }).click()
}

/** Opens *Verify contact*; the number as it is written. */
async function openVerify(who: Person): Promise<string> {
  await who.button('Details').click()
  await who.button('Verify contact…').click()
  const digits = who.page.getByRole('dialog').locator('.digits')
  await digits.waitFor()
  return ((await digits.textContent()) ?? '').replace(/\s+/g, ' ').trim()
}

async function unlock(who: Person): Promise<void> {
  await who.page.getByLabel('Passphrase').fill(PASSPHRASE)
  await who.button('Unlock').click()
}
