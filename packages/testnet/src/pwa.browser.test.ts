/** The app as an installed one: offline, updated, given out by nodes, and held to its policy by the browser. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { APP, type AppStage, cannotRun } from './app/app-stage.ts'
import { auditApp } from './app/audit.ts'
import { makeOtherBuild } from './app/other-build.ts'
import { openSharedStage } from './testing/shared-stage.ts'

describe('the app as an installed one', { skip: cannotRun }, () => {
  let stage: AppStage
  const folder = mkdtempSync(join(tmpdir(), 'starling-builds-'))
  before(async () => {
    stage = await openSharedStage()
  })
  after(async () => {
    await stage?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  // Whatever else a test is about: no breach of the policy, no error, and nobody else is asked for anything.
  afterEach(async () => {
    const failures = await stage.closeBrowsers()
    await stage.serveAgain()
    expect(failures).toEqual([])
  })

  test('it opens, with everything in it, when nobody serves it any more', async () => {
    const alice = await stage.person('Alice', { keepsData: true })
    await alice.createAccount()
    await alice.openNote()
    await alice.write('remember the milk')
    await alice.seesStored('remember the milk')
    await untilControlled(alice.page)
    await stage.stopServing()
    await alice.page.reload()
    await alice.seesMessage('remember the milk')
    await alice.profile.close()
    await alice.profile.open()
    await alice.inChats()
  })

  test('a new version is offered, waits while somebody writes, and is there after the page was left alone', async () => {
    const alice = await stage.person('Alice')
    await alice.createAccount()
    await untilControlled(alice.page)
    const { version } = makeOtherBuild(APP, join(folder, 'next'))
    await stage.serveAgain(join(folder, 'next'))
    await alice.openNote()
    await alice.composer.fill('half a thou')
    await alice.page.evaluate('navigator.serviceWorker.getRegistration().then((found) => found.update())')
    await alice.sees('A new version is ready')
    await alice.sees(version)
    // Another tab that takes it now must not take the page from under the writer.
    await alice.page.evaluate(
      `navigator.serviceWorker.getRegistration().then(({ waiting }) => waiting.postMessage({ kind: 'activate' }))`,
    )
    await alice.sees('as soon as nothing is being written')
    await alice.composer.pressSequentially('ght')
    expect(await versionOf(alice.page)).not.toBe(version)
    const reloaded = alice.page.waitForEvent('load')
    await alice.composer.blur()
    await reloaded
    await alice.composer.waitFor()
    expect(await versionOf(alice.page)).toBe(version)
    expect(await alice.composer.inputValue()).toBe('half a thought')
  })

  test('the offer is taken with a click, and the page before stays whole until then', async () => {
    const alice = await stage.person('Alice')
    await alice.createAccount()
    await untilControlled(alice.page)
    const { version } = makeOtherBuild(APP, join(folder, 'click'))
    await stage.serveAgain(join(folder, 'click'))
    await alice.page.evaluate('navigator.serviceWorker.getRegistration().then((found) => found.update())')
    const reloaded = alice.page.waitForEvent('load')
    await alice.button('Update now').click()
    await reloaded
    await alice.inChats()
    expect(await versionOf(alice.page)).toBe(version)
  })

  test('every node gives out the same app, which works there and finds its network', async () => {
    const alice = await stage.person('Alice', {}, `${stage.network.nodes[1]!.webUrl}/app`)
    await alice.createAccount()
    expect(new URL(alice.page.url()).pathname).toBe('/app/')
    await alice.openNote()
    await alice.write('from a node')
    await alice.seesStored('from a node')
    await untilControlled(alice.page)
    const scope: string = await alice.page.evaluate('navigator.serviceWorker.ready.then(({ scope }) => scope)')
    expect(new URL(scope).pathname).toBe('/app/')
  })

  test('a text that another app shares goes into the draft of a chosen chat, and is not sent', async () => {
    const alice = await stage.person('Alice')
    await alice.createAccount()
    await alice.openNote()
    await alice.write('first')
    await untilControlled(alice.page)
    // As the system posts it, but for the navigation.
    await alice.page.evaluate(`(() => {
      const form = new FormData()
      form.set('text', 'look at this')
      return fetch('share', { method: 'POST', body: form })
    })()`)
    await alice.page.goto(`${stage.url}#/share`)
    await alice.page.reload()
    const dialog = alice.page.getByRole('dialog', { name: 'Share with whom?' })
    await dialog.getByRole('button', { name: 'Note to Self' }).click()
    await alice.composer.waitFor()
    expect(await alice.composer.inputValue()).toBe('look at this')
    expect(await alice.messages()).toEqual(['first'])
  })

  test('a message in a chat that nobody looks at is notified as chosen, and a click opens its chat', async () => {
    const [alice, bob] = await stage.pair()
    await alice.openChat('Bob')
    await bob.write('not yet chosen')
    await alice.seesMessage('not yet chosen')
    expect(await notified(alice.page)).toEqual([])
    await alice.profile.context.grantPermissions(['notifications', 'clipboard-read', 'clipboard-write'])
    await alice.page.goto(`${stage.url}#/settings/notifications`)
    await alice.page.getByRole('radio', { name: 'Name and text' }).check()
    await untilControlled(alice.page)
    await bob.write('are you there?')
    // A notification that another one takes the place of is gone for a moment.
    await alice.page.waitForFunction(async () => {
      const [first, ...others] = await (await navigator.serviceWorker.ready).getNotifications()
      return first?.title === 'Bob' && first.body === 'are you there?' && others.length === 0
    })
    const [worker] = alice.profile.context.serviceWorkers()
    // The worker may hear of it later than the page.
    await worker?.evaluate(`(async () => {
      const shown = async () => (await registration.getNotifications())[0] ??
        new Promise((resolve) => setTimeout(resolve, 50)).then(shown)
      dispatchEvent(new NotificationEvent('notificationclick', { notification: await shown() }))
    })()`)
    await alice.seesMessage('are you there?')
    expect(await notified(alice.page)).toEqual([])
  })

  test('a link with our own scheme opens the app at that contact', async () => {
    const alice = await stage.person('Alice')
    await alice.createAccount()
    const id = `05${'1f'.repeat(32)}`
    await alice.page.goto(`${stage.url}#/add/${encodeURIComponent(`web+starling:${id}`)}`)
    await alice.page.getByRole('dialog').getByLabel('Account ID or link').waitFor()
    expect(new URL(alice.page.url()).hash).not.toContain(id)
    expect(await alice.page.getByRole('dialog').getByLabel('Account ID or link').inputValue()).toContain(id)
  })

  test('the audit of accessibility, good practice and installability finds nothing', async () => {
    const findings = await auditApp(stage)
    expect(findings.filter(({ problems }) => problems.length > 0)).toEqual([])
    expect(findings.length).toBeGreaterThan(20)
  })

  test('nothing of the app is left when the device was erased', async () => {
    const alice = await stage.person('Alice', { keepsData: true })
    await alice.createAccount()
    await untilControlled(alice.page)
    expect(await kept(alice.page)).toEqual({ caches: 2, workers: 1 })
    await alice.page.goto(`${stage.url}#/settings/storage`)
    await alice.button('Erase…').click()
    await alice.button('Erase everything').click()
    await alice.button('Create account').waitFor()
    expect(await kept(alice.page)).toEqual({ caches: 0, workers: 0 })
  })
})

/** Its service worker has the whole app and serves this page. */
async function untilControlled(page: Page): Promise<void> {
  await page.waitForFunction(async () => {
    await navigator.serviceWorker.ready
    return navigator.serviceWorker.controller !== null
  })
}

function versionOf(page: Page): Promise<string | null> {
  return page.locator('meta[name="starling-version"]').getAttribute('content')
}

/** Titles and texts of the notifications that stand. */
function notified(page: Page): Promise<string[][]> {
  return page.evaluate(`navigator.serviceWorker.ready.then((found) => found.getNotifications()).then((all) =>
    all.map(({ title, body }) => [title, body]))`)
}

function kept(page: Page): Promise<{ caches: number; workers: number }> {
  return page.evaluate(`Promise.all([caches.keys(), navigator.serviceWorker.getRegistrations()]).then(
    ([keys, workers]) => ({ caches: keys.length, workers: workers.length }))`)
}
