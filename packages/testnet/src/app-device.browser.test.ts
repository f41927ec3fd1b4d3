/** The real app in real browsers on a real local network: what belongs to a device, from its camera to its keyboard. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { expect } from 'expect'
import { type AppStage, cannotRun } from './app/app-stage.ts'
import type { Person } from './app/person.ts'
import { openSharedStage } from './testing/shared-stage.ts'

const PASSPHRASE = 'four words or more'
const PAGES = ['Account', 'Privacy', 'Notifications', 'Appearance', 'Language', 'Network and path', 'Storage', 'About']

describe('the app and its device', { skip: cannotRun }, () => {
  let stage: AppStage
  const folder = mkdtempSync(join(tmpdir(), 'starling-device-'))
  before(async () => {
    stage = await openSharedStage()
  })
  after(async () => {
    await stage?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(async () => expect(await stage.closeBrowsers()).toEqual([]))

  test('what one device exports is there on another, without a network', async () => {
    const [alice, bob] = await stage.pair()
    await bob.write('hello Alice')
    await alice.seesMessage('hello Alice')
    const words = await alice.readPhrase()
    await alice.page.keyboard.press('Escape')
    await openSettings(alice, 'Storage')
    await alice.button('Export…').first().click()
    await alice.page.getByLabel('Passphrase of the file').fill(PASSPHRASE)
    await alice.page.getByLabel('Once more').fill(PASSPHRASE)
    const download = alice.page.waitForEvent('download')
    await inDialog(alice, 'Export')
    const archive = join(folder, 'archive.starling')
    await (await download).saveAs(archive)
    await alice.sees('The archive was saved as a download.')

    const laptop = await stage.person('Alice')
    await laptop.button('I have an account').click()
    await laptop.profile.context.setOffline(true)
    await laptop.page.getByLabel('Recovery phrase').fill(words.join(' '))
    await laptop.button('Restore account').click()
    await laptop.page.getByLabel('Display name').fill('Alice')
    await laptop.page.keyboard.press('Enter')
    await laptop.inChats()
    expect(await laptop.row('Bob').count()).toBe(0)
    await openSettings(laptop, 'Storage')
    await laptop.button('Import…').click()
    await laptop.page.getByLabel('Archive file').setInputFiles(archive)
    await laptop.page.getByLabel('Passphrase of the file').fill('another one')
    await inDialog(laptop, 'Import')
    await laptop.page.getByRole('alert').getByText('passphrase').waitFor()
    await laptop.page.getByLabel('Passphrase of the file').fill(PASSPHRASE)
    await inDialog(laptop, 'Import')
    await laptop.page.getByRole('dialog').waitFor({ state: 'detached' })
    await laptop.openChat('Bob')
    await laptop.seesMessage('hello Alice')
    expect(await laptop.messages()).toEqual(['hello Bob', 'hello Alice'])

    await laptop.profile.context.setOffline(false)
    await laptop.write('from the laptop')
    await bob.seesMessage('from the laptop')
  })

  test('an archive brings the account to a new device, and a wrong file leaves nothing there', async () => {
    const [alice, bob] = await stage.pair()
    await openSettings(alice, 'Storage')
    await alice.button('Export…').first().click()
    await alice.page.getByLabel('Passphrase of the file').fill(PASSPHRASE)
    await alice.page.getByLabel('Once more').fill(PASSPHRASE)
    const download = alice.page.waitForEvent('download')
    await inDialog(alice, 'Export')
    const archive = join(folder, 'account.starling')
    await (await download).saveAs(archive)

    const laptop = await stage.person('Alice')
    await laptop.button('I have an account').click()
    await laptop.button('Restore from an archive file').click()
    const restore = async (file: string, passphrase: string) => {
      await laptop.page.getByLabel('Archive file').setInputFiles(file)
      await laptop.page.getByLabel('Passphrase of the file').fill(passphrase)
      await laptop.button('Restore account').click()
    }
    const said = (text: string) => laptop.page.getByRole('alert').getByText(text).waitFor()
    const other = join(folder, 'other.txt')
    writeFileSync(other, 'no archive at all, but long enough to have a head')
    await restore(other, PASSPHRASE)
    await said('This file is no archive of Starling.')
    await restore(archive, 'another one')
    await said('The passphrase is wrong, or the file is damaged.')
    await laptop.page.reload()
    await laptop.button('I have an account').click()
    await laptop.button('Restore from an archive file').click()
    await laptop.profile.context.setOffline(true)
    await restore(archive, PASSPHRASE)
    await laptop.inChats()
    await laptop.button('You: Alice').waitFor()
    await laptop.openChat('Bob')
    expect(await laptop.messages()).toEqual(['hello Bob'])
    await laptop.profile.context.setOffline(false)
    await laptop.write('from the laptop')
    await bob.seesMessage('from the laptop')
  })

  test('who was away for as long as was chosen finds the app locked', async () => {
    const alice = await stage.person('Alice')
    await alice.createAccount()
    await alice.page.clock.install()
    await alice.page.reload()
    await alice.inChats()
    await openSettings(alice, 'Privacy')
    await alice.button('Set a passphrase…').click()
    await alice.page.getByLabel('New passphrase').fill(PASSPHRASE)
    await alice.page.getByLabel('Once more').fill(PASSPHRASE)
    await inDialog(alice, 'Save')
    await alice.page.getByLabel('Lock after').selectOption({ label: '5 minutes' })
    await alice.page.clock.fastForward('04:00')
    await alice.page.mouse.move(200, 200)
    await alice.page.clock.fastForward('04:00')
    await alice.page.getByLabel('Lock after').waitFor()
    await alice.page.clock.fastForward('02:00')
    await alice.sees('Starling is locked')
    expect(await alice.button('You: Alice').count()).toBe(0)
    await alice.page.getByLabel('Passphrase').fill(PASSPHRASE)
    await alice.button('Unlock').click()
    await alice.button('You: Alice').waitFor()
  })

  test('the keyboard alone leads to every page of the settings, and into it', async () => {
    const alice = await stage.person('Alice')
    await alice.createAccount()
    await alice.page.keyboard.press('Control+,')
    const open = async (page: string) => {
      await tabTo(alice, new RegExp(`^${page}`))
      await alice.page.keyboard.press('Enter')
      await alice.page.getByRole('heading', { name: page, exact: true, level: 2 }).waitFor()
    }
    for (const page of PAGES) await open(page)
    // Where there is room for one at a time, the page takes the place of the list.
    await alice.page.setViewportSize({ width: 600, height: 800 })
    for (const page of PAGES) {
      await tabTo(alice, /^All settings$/)
      await alice.page.keyboard.press('Enter')
      await alice.page.getByRole('heading', { name: 'Settings', exact: true }).waitFor()
      await open(page)
    }
    await tabTo(alice, /^All settings$/)
    await alice.page.keyboard.press('Enter')
    await tabTo(alice, /^Appearance/)
    await alice.page.keyboard.press('Enter')
    await tabTo(alice, /^system$/)
    await alice.page.keyboard.press('ArrowUp')
    await alice.page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark')
  })

  test('somebody is found by the code in a picture, and what is wrong with a picture is said', async () => {
    const [alice, bob] = [await stage.person('Alice'), await stage.person('Bob')]
    await Promise.all([alice.createAccount(), bob.createAccount()])
    const code = await (await ownCode(bob)).screenshot()
    await alice.button('Add a contact').first().click()
    const field = alice.page.locator('[role=dialog] input[type=file]')
    await field.setInputFiles({ name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture at all') })
    await alice.sees('This file could not be read as an image.')
    const blank = await alice.page.screenshot({ clip: { x: 0, y: 0, width: 60, height: 60 } })
    await field.setInputFiles({ name: 'blank.png', mimeType: 'image/png', buffer: blank })
    await alice.sees('No QR code was found in this image.')
    await field.setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: code })
    await alice.sees('This is a complete account ID.')
    await startsChat(alice, bob)
  })

  test('somebody is found by the code in front of the camera', async () => {
    const bob = await stage.person('Bob')
    await bob.createAccount()
    const code = await ownCode(bob)
    // It waits until nothing moves any more.
    await code.screenshot()
    const box = (await code.boundingBox())!
    const clip = { x: box.x - 100, y: box.y - 40, width: 480, height: 360 }
    const camera = join(folder, 'camera.mjpeg')
    writeFileSync(camera, await bob.page.screenshot({ type: 'jpeg', quality: 95, clip }))
    const alice = await stage.person('Alice', { camera })
    await alice.createAccount()
    await alice.button('Add a contact').first().click()
    const found = alice.page.getByText('This is a complete account ID.').first()
    const stop = alice.button('Stop camera')
    // The browser's fake camera gives no readable picture now and then: docs/plan.md. Who sees that starts it again.
    for (let tries = 0; tries < 4 && !(await found.isVisible()); tries++) {
      await alice.button('Scan with camera').click()
      await found.waitFor({ timeout: 12_000 }).catch(async () => (await stop.isVisible()) && (await stop.click()))
    }
    await found.waitFor()
    expect(await alice.page.locator('video').count()).toBe(0)
    await startsChat(alice, bob)
  })
})

/** The QR code of their account ID, in its dialog. */
async function ownCode(who: Person) {
  await who.button(`You: ${who.name}`).click()
  const code = who.page.getByRole('dialog').getByRole('img', { name: 'QR code of your account ID' })
  await code.waitFor()
  return code
}

/** With whom the code led to. */
async function startsChat(who: Person, whom: Person): Promise<void> {
  await who.button('Start chat').click()
  await who.composer.waitFor()
  await who.write(`is this you, ${whom.name}?`)
  await whom.page.keyboard.press('Escape')
  await whom.openRequest(who.name)
  await whom.seesMessage(`is this you, ${whom.name}?`)
}

async function openSettings(who: Person, page: string): Promise<void> {
  await who.page.getByRole('link', { name: 'Settings', exact: true }).click()
  await who.page
    .getByRole('navigation', { name: 'Settings pages' })
    .getByRole('link', { name: new RegExp(`^${page}`) })
    .click()
}

async function inDialog(who: Person, button: string): Promise<void> {
  await who.page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click()
}

/** Presses Tab until a control of this name, or with this value, has the focus. */
async function tabTo(who: Person, name: RegExp): Promise<void> {
  const stops: string[] = []
  for (let presses = 0; presses < 60; presses++) {
    const focused: string = await who.page.evaluate(`(() => {
      const focused = document.activeElement
      return focused.getAttribute('aria-label') ?? focused.value ?? focused.textContent.trim()
    })()`)
    if (name.test(focused)) return
    stops.push(focused)
    await who.page.keyboard.press('Tab')
  }
  throw new Error(`no Tab leads to ${name}, but to ${stops.join(', ')}`)
}
