/** The settings pages that say what is stored where: devices, verification, storage, privacy. */
import { test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { violationsOn } from '../testing/axe.ts'
import { noChromium, onState } from '../testing/gallery-browser.ts'

async function axe(page: Page): Promise<void> {
  expect(await violationsOn(page)).toEqual([])
}

test('what other devices did is listed, the latest first, and copied without names', { skip: noChromium }, async () => {
  await onState('devices-log', {}, async (page, context) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const log = page.getByRole('group', { name: 'What other devices did' })
    const kinds = () => log.locator('code').allTextContents()
    expect(await kinds()).toEqual([
      'effect.unsendOwn',
      'message.filed',
      'conversation.read',
      'contact.changed',
      'config.received',
    ])
    await log.getByText('contact.changed · 12 times').waitFor()
    expect(await log.getByText('Another device').count()).toBe(0)
    await page.getByRole('checkbox', { name: /This device and contacts, too/ }).press('Space')
    expect((await kinds()).length).toBe(7)
    await log.getByText('Contacts changed · Another device').waitFor()
    await page.getByRole('button', { name: 'Copy log' }).click()
    await page.getByRole('button', { name: 'Log copied' }).waitFor()
    const lines = (await page.evaluate(() => navigator.clipboard.readText())).split('\n')
    expect(lines.length).toBe(7)
    for (const line of lines) expect(line).toMatch(/^\d{4}-\S+Z (thisDevice|otherDevice|contact) [\w.]+ \d+$/)
    await axe(page)
  })
})

test('the page of devices leads to the phrase, to archives and to the passphrase', { skip: noChromium }, async () => {
  await onState('settings-devices', { width: 390, theme: 'dark' }, async (page) => {
    await page.getByText('Nothing since the app was started.').waitFor()
    await page.getByText('There is no list of devices').waitFor()
    await axe(page)
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByRole('dialog', { name: 'Recovery phrase' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'Passphrase', exact: true }).press('Enter')
    await page.getByRole('heading', { name: 'Privacy' }).waitFor()
  })
  await onState('settings-devices', {}, async (page) => {
    await page.getByRole('link', { name: 'Storage', exact: true }).press('Enter')
    await page.getByText('Export an archive', { exact: true }).waitFor()
  })
})

test('contacts are compared with from the settings, and the mark is seen there', { skip: noChromium }, async () => {
  await onState('verification-some', {}, async (page) => {
    const person = (name: string) => page.locator('.person').filter({ hasText: name })
    await person('Wendy').getByText('Verified').waitFor()
    const [other] = (await page.locator('.person bdi').allTextContents()).filter((name) => name !== 'Wendy')
    await person(other!).getByText('Not compared yet').waitFor()
    await axe(page)
    await page.getByRole('button', { name: `Compare with ${other}` }).press('Enter')
    const dialog = page.getByRole('dialog', { name: `Verify ${other}` })
    await dialog.getByRole('button', { name: 'Mark as verified' }).click()
    await dialog.getByText('Verified on this device').waitFor()
    await page.keyboard.press('Escape')
    await person(other!).getByText('Verified').waitFor()
  })
  await onState('verification-many', {}, async (page) => {
    const compare = page.getByRole('button', { name: /^Compare with/ })
    await compare.first().waitFor()
    expect(await compare.count()).toBe(50)
    await page.getByRole('button', { name: 'Show more' }).press('Enter')
    await compare.nth(99).waitFor()
  })
  await onState('verification-none', { width: 390 }, async (page) => {
    await page.getByText('You have no contacts yet.').waitFor()
    await axe(page)
  })
})

test('every one of these pages says what is stored where', { skip: noChromium }, async () => {
  for (const [page, places] of [
    ['devices', ['On all your devices', 'On this device alone', 'In your swarm']],
    ['verification', ['On this device', 'Nowhere else']],
    ['storage', ['On this device', 'In your swarm', 'With the people you write to']],
    ['privacy', ['On this device', 'In your swarm', 'With the people you write to']],
  ] as const) {
    await onState(`settings-${page}`, {}, async (shown) => {
      const where = shown.getByRole('region', { name: 'What is stored where' })
      for (const place of places) await where.getByText(place, { exact: true }).waitFor()
    })
  }
})

test('there is no switch for previews of links, which nothing would make', { skip: noChromium }, async () => {
  await onState('settings-privacy', {}, async (page) => {
    await page.getByText('Nothing is loaded from links').waitFor()
    expect(await page.getByRole('checkbox', { name: /preview/i }).count()).toBe(0)
  })
})
