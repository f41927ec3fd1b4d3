/** The real app on a real local network, with a service for previews and a web site on this machine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { expect } from 'expect'
import type { Locator } from 'playwright-core'
import { buildWithFiles } from '../../web/src/testing/build-with-files.ts'
import { AppStage, cannotRun } from './app/app-stage.ts'
import { FileServer } from './app/file-server.ts'
import type { Person } from './app/person.ts'
import { PreviewSite } from './testing/preview-site.ts'

const LINK = 'https://news.example/story'
const TITLE = 'News & more of today'
const SETTING = /^Previews of links that you send/
const program = fileURLToPath(new URL('./app/loopback-node.ts', import.meta.url))

describe('previews of links', { skip: cannotRun }, () => {
  const stack = new AsyncDisposableStack()
  let stage: AppStage
  let site: PreviewSite
  let server: FileServer
  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'starling-with-previews-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    server = stack.use(await FileServer.open())
    await buildWithFiles(folder, server.url)
    site = stack.use(await PreviewSite.open())
    const network = { outside: site.outside, program }
    stage = stack.use(await AppStage.open({ network }))
    await stage.serveAgain(folder)
  })
  after(() => stack.disposeAsync())
  afterEach(async () => expect(await stage.closeBrowsers()).toEqual([]))

  test('nothing is fetched until somebody switches previews on; then title and picture go along', async () => {
    const [alice, bob] = await stage.pair()
    await alice.write(`off: ${LINK}`)
    await alice.seesStored(`off: ${LINK}`)
    expect(site.asked).toEqual([])

    await toggle(alice, SETTING, 'Bob')
    await alice.composer.fill(`read ${LINK}`)
    await staged(alice).getByText(TITLE).waitFor()
    expect(site.asked).toEqual(['/story', '/picture.png'])
    await alice.composer.press('Enter')
    await staged(alice).waitFor({ state: 'detached' })

    await bob.seesMessage(`read ${LINK}`)
    for (const who of [alice, bob]) {
      const sent = who.message(`read ${LINK}`)
      await sent.getByRole('button', { name: `${TITLE} news.example` }).waitFor()
      expect(await sent.locator('img').count()).toBe(0)
    }
    expect(await bob.message('off:').getByRole('button').count()).toBe(0)
    const received = bob.message(`read ${LINK}`)
    await received.getByRole('button', { name: /^Load the picture of news\.example/ }).click()
    await received.getByRole('img', { name: 'Picture of news.example' }).waitFor()
    await received.getByRole('button', { name: `${TITLE} news.example` }).click()
    await bob.page.getByRole('dialog', { name: 'Open this link?' }).waitFor()
    await bob.page.keyboard.press('Escape')
    // Of the site, the recipient asked for nothing.
    expect(site.asked.length).toBe(2)

    await toggle(bob, /^Load pictures of contacts/, 'Alice')
    await alice.composer.fill(`again ${LINK}`)
    await staged(alice).getByText(TITLE).waitFor()
    await alice.composer.press('Enter')
    await bob.message(`again ${LINK}`).getByRole('img', { name: 'Picture of news.example' }).waitFor()
  })

  test('a page that cannot be had is a line, what was removed stays away, and messages go all the same', async () => {
    const [alice, bob] = await stage.pair()
    await toggle(alice, SETTING, 'Bob')
    await alice.composer.fill('look https://news.example/elsewhere')
    await alice.sees('No preview of news.example. The message goes without one.')
    await alice.composer.press('Enter')
    await bob.seesMessage('look https://news.example/elsewhere')
    await alice.composer.fill(`without: ${LINK}`)
    await staged(alice).getByRole('button', { name: 'Send without a preview' }).click()
    await staged(alice).waitFor({ state: 'detached' })
    await alice.composer.press('Enter')
    await bob.seesMessage(`without: ${LINK}`)
    expect(await bob.page.getByRole('button', { name: / news\.example$/ }).count()).toBe(0)
  })
})

const staged = (who: Person): Locator => who.page.getByRole('group', { name: 'Preview of news.example', exact: true })

/** Switches a setting of the page about privacy by keyboard, and is in the chat with `chat` afterwards. */
async function toggle(who: Person, setting: RegExp, chat: string): Promise<void> {
  await who.page.keyboard.press('Control+,')
  await who.page.getByRole('link', { name: /^Privacy/ }).click()
  const box = who.page.getByRole('checkbox', { name: setting })
  expect(await box.isChecked()).toBe(false)
  await box.press('Space')
  await who.page.getByRole('checkbox', { name: setting, checked: true }).waitFor()
  await who.openChat(chat)
}
