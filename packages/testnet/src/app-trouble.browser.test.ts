/** The real app in real browsers on a real local network: dying nodes, wrong clocks, and time that is over. */
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { type Client, untilValue } from '@starling/client'
import { expect } from 'expect'
import { type AppStage, cannotRun } from './app/app-stage.ts'
import { Crowd } from './app/crowd.ts'
import type { Person } from './app/person.ts'
import { openSharedStage } from './testing/shared-stage.ts'

const TEN_MINUTES = 600_000

describe('the app in trouble', { skip: cannotRun }, () => {
  let stage: AppStage
  before(async () => {
    stage = await openSharedStage()
  })
  after(() => stage?.[Symbol.asyncDispose]())
  afterEach(async () => expect(await stage.closeBrowsers()).toEqual([]))

  test('nodes that are killed while somebody writes cost no letter and no message', async () => {
    const [alice, bob] = await stage.pair()
    const nodes = stage.network.nodes.map(({ name }) => name)
    await alice.composer.pressSequentially('half of it before')
    await Promise.all(nodes.map((name) => stage.network.kill(name)))
    await alice.page.keyboard.type(', half of it after')
    expect(await alice.composer.inputValue()).toBe('half of it before, half of it after')
    await alice.composer.press('Enter')
    const sent = alice.message('half of it before, half of it after')
    await sent.getByRole('img', { name: 'Waiting for network' }).waitFor()
    await alice.composer.pressSequentially('and a draft')
    await alice.sees('Offline. No node of the network answers.')
    expect(await sent.getByRole('img', { name: /Stored|Delivered|Read/ }).count()).toBe(0)

    await Promise.all(nodes.map((name) => stage.network.restart(name)))
    await alice.seesStored('half of it before, half of it after')
    await bob.seesMessage('half of it before, half of it after')
    expect(await bob.messages()).toEqual(['hello Bob', 'half of it before, half of it after'])
    expect(await alice.composer.inputValue()).toBe('and a draft')
  })

  for (const { who, aheadMs, says } of [
    { who: 'ahead', aheadMs: TEN_MINUTES, says: 'Your clock is 10 minutes ahead' },
    { who: 'behind', aheadMs: -TEN_MINUTES, says: 'Your clock is 10 minutes behind' },
  ]) {
    test(`a device whose clock is ten minutes ${who} says so, and its messages arrive in order`, async () => {
      const [alice, bob] = await Promise.all([stage.person('Alice', { clockAheadMs: aheadMs }), stage.person('Bob')])
      await Promise.all([alice.createAccount(), bob.createAccount()])
      await bob.addContact(await alice.copyAccountId())
      await bob.write('first')
      await alice.openRequest('Bob')
      await alice.seesMessage('first')
      await alice.accept()
      // Nodes are asked for the time when it matters first: before a message goes out.
      await alice.write('second')
      await alice.sees(says)
      await bob.seesMessage('second')
      await bob.write('third')
      await alice.seesMessage('third')
      await alice.write('fourth')
      await alice.seesStored('fourth')
      await bob.seesMessage('fourth')
      for (const each of [alice, bob]) expect(await each.messages()).toEqual(['first', 'second', 'third', 'fourth'])
      expect(await timesOf(alice)).toEqual(await timesOf(bob))
      expect(await bob.page.getByText(/Your clock is/).count()).toBe(0)
    })
  }

  test('when its time is over, a message is gone on both sides, and from what they keep', async () => {
    const alice = await stage.person('Alice')
    await alice.createAccount()
    const names = ['Wendy'] as const
    const folder = join(stage.network.folder, 'wendy')
    await using crowd = await Crowd.gather({ network: stage.network.networkFile, folder, names })
    const wendy = crowd.client('Wendy')
    await alice.addContact(crowd.idOf('Wendy'))
    await alice.write('this one stays')
    const chat = await wendy.startConversation(await alice.copyAccountId())
    await using history = await wendy.history(chat)
    const isThere = (ending: string) =>
      history.state.snapshot.messages.some(({ body }) => body.kind === 'text' && body.text.endsWith(ending))
    const hears = (text: string) => untilValue(history.state, () => isThere(text) || undefined)
    await hears('this one stays')
    await wendy.updateConversation(chat, { accepted: true })
    // Shorter than what the app offers: another program may choose any time.
    await wendy.setExpiration(chat, { mode: 'afterRead', seconds: 3 })
    await wendy.send(chat, 'this one of hers goes')
    await alice.seesMessage('this one of hers goes')
    await alice.button('Use the same for mine').click()
    await alice.button('Yours disappear 3 seconds after reading').waitFor()
    await alice.write('this one of mine goes')
    await hears('this one of mine goes')
    await history.markRead(history.state.snapshot.messages.at(-1)!.id)
    for (const text of ['this one of hers goes', 'this one of mine goes'])
      await alice.message(text).waitFor({ state: 'detached' })
    await untilValue(history.state, () => !isThere('goes') || undefined)

    for (const all of [await exportedBy(alice), await readableOf(wendy)]) {
      expect(all).toContain('this one stays')
      expect(all).not.toContain('goes')
    }
  })
})

/** As the messages say it. */
function timesOf(who: Person): Promise<string[]> {
  return who.page.getByRole('log').locator('article time').allTextContents()
}

/** Everything that the device keeps, in clear. */
async function exportedBy(who: Person): Promise<string> {
  await who.page.goto(`${who.profile.url}#/settings/storage`)
  await who.button('Export for reading').click()
  const download = who.page.waitForEvent('download')
  await who.page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click()
  return textOf(await (await download).createReadStream())
}

async function readableOf(client: Client): Promise<string> {
  let all = ''
  for await (const { content } of client.exportReadable()) all += await textOf(content)
  return all
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts).toString('utf8')
}
