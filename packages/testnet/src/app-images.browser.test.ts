/** The real app on a real local network, with a place for files on this machine: pictures from one person to another. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { expect } from 'expect'
import { buildWithFiles } from '../../web/src/testing/build-with-files.ts'
import { segmentsOf, withExif } from '../../web/src/testing/exif-jpeg.ts'
import { type AppStage, cannotRun } from './app/app-stage.ts'
import { FileServer } from './app/file-server.ts'
import type { Person } from './app/person.ts'
import { openSharedStage } from './testing/shared-stage.ts'

describe('pictures of two people', { skip: cannotRun }, () => {
  const stack = new AsyncDisposableStack()
  let stage: AppStage
  let server: FileServer
  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'starling-with-files-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    server = stack.use(await FileServer.open())
    await buildWithFiles(folder, server.url)
    stage = stack.use(await openSharedStage())
    await stage.serveAgain(folder)
  })
  after(() => stack.disposeAsync())
  afterEach(async () => expect(await stage.closeBrowsers()).toEqual([]))

  test('pictures are sent, loaded by a click, seen in full size and saved, which their sender hears of', async () => {
    const [alice, bob] = await stage.pair()
    const photo = withExif(await paint(alice))
    const files = ['first.jpg', 'second.jpg'].map((name) => ({
      name,
      mimeType: 'image/jpeg',
      buffer: Buffer.from(photo),
    }))
    await alice.page.locator('input[type=file]').setInputFiles(files)
    await alice.composer.fill('two of the pier')
    await alice.composer.press('Enter')
    await alice.message('two of the pier').getByRole('button', { name: 'Open first.jpg' }).waitFor()
    expect(server.files.size).toBe(2)
    for (const file of server.files.values()) expect(segmentsOf(file)).toEqual([])

    await bob.seesMessage('two of the pier')
    const shown = bob.message('two of the pier')
    expect(await shown.locator('img').count()).toBe(0)
    await shown.getByRole('button', { name: /^Load first\.jpg/ }).click()
    await shown.getByRole('button', { name: 'Open second.jpg' }).waitFor()
    await shown.getByRole('button', { name: 'Open first.jpg' }).click()
    const box = bob.page.getByRole('dialog', { name: 'Pictures of this chat' })
    await box.getByText('1 of 2', { exact: true }).waitFor()
    await bob.page.keyboard.press('ArrowRight')
    await box.getByRole('img', { name: 'second.jpg' }).waitFor()
    const saving = bob.page.waitForEvent('download')
    await box.getByRole('button', { name: 'Save' }).click()
    const saved = readFileSync(await (await saving).path())
    expect((await saving).suggestedFilename()).toBe('second.jpg')
    expect(segmentsOf(saved)).not.toContain(0xe1)
    expect(saved.includes('Exif')).toBe(false)
    await box.getByText('Saved. Alice is told.').waitFor()
    await alice.sees('Bob saved a file')
    await bob.page.keyboard.press('Escape')
    await bob.page.waitForFunction(() => document.activeElement?.getAttribute('data-picture') === '1')

    // Pictures stay on both devices, whatever becomes of the place for files.
    server.files.clear()
    for (const [who, other] of [
      [bob, 'Alice'],
      [alice, 'Bob'],
    ] as const) {
      await who.page.reload()
      await who.openChat(other)
      await who.message('two of the pier').getByRole('button', { name: 'Open second.jpg' }).waitFor()
    }
    // The export for reading takes them from there as well.
    await openStorage(alice)
    await alice.page.getByRole('button', { name: 'Export for reading' }).click()
    await alice.page.getByLabel('With pictures and files').check()
    const exporting = alice.page.waitForEvent('download')
    await alice.page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click()
    const exported = readFileSync(await (await exporting).path())
    expect((await exporting).suggestedFilename()).toMatch(/^starling-messages-.*\.zip$/)
    for (const file of ['conversations/0001/0002.jpg', 'two of the pier']) expect(exported.includes(file)).toBe(true)
    await alice.sees('Your messages were saved as a download.')

    // Whoever wants none of them here has to ask for them again.
    await openStorage(bob)
    await bob.sees('2 pictures, ')
    await bob.button('Delete them').click()
    await bob.page.getByText('None', { exact: true }).waitFor()
    await bob.page.reload()
    await bob.openChat('Alice')
    await bob
      .message('two of the pier')
      .getByRole('button', { name: /^Load second\.jpg/ })
      .waitFor()
  })

  test('a file that is no picture arrives whole, and one that is gone says so', async () => {
    const [alice, bob] = await stage.pair()
    const notes = Buffer.from('not a picture at all')
    const file = (name: string) => ({ name, mimeType: 'text/plain', buffer: notes })
    await alice.page.locator('input[type=file]').setInputFiles([file('notes.txt'), file('more.txt')])
    await alice.composer.press('Enter')
    await bob.seesMessage('notes.txt')
    const shown = bob.message('notes.txt')
    const saving = bob.page.waitForEvent('download')
    await shown.getByRole('button', { name: 'Save notes.txt' }).click()
    expect(readFileSync(await (await saving).path())).toEqual(notes)
    server.files.clear()
    await shown.getByRole('button', { name: 'Save more.txt' }).click()
    await shown.getByText('It is no longer where it was stored.').waitFor()
  })
})

/** A JPEG of 60 × 40 pixels. */
async function paint({ page }: Person): Promise<Uint8Array> {
  const bytes: number[] = await page.evaluate(`(async () => {
    const canvas = new OffscreenCanvas(60, 40)
    canvas.getContext('2d').fillRect(0, 0, 30, 20)
    const blob = await canvas.convertToBlob({ type: 'image/jpeg' })
    return [...new Uint8Array(await blob.arrayBuffer())]
  })()`)
  return Uint8Array.from(bytes)
}

async function openStorage({ page }: Person): Promise<void> {
  await page.getByRole('link', { name: 'Settings', exact: true }).click()
  await page
    .getByRole('navigation', { name: 'Settings pages' })
    .getByRole('link', { name: /^Storage/ })
    .click()
}
