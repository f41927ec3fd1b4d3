/** The real app in real browsers on a real local network: what two people do with it. */
import { after, afterEach, before, describe, test } from 'node:test'
import { expect } from 'expect'
import { type AppStage, cannotRun } from './app/app-stage.ts'
import { openSharedStage } from './testing/shared-stage.ts'

describe('the app on a local network', { skip: cannotRun }, () => {
  let stage: AppStage
  before(async () => {
    stage = await openSharedStage()
  })
  after(() => stage?.[Symbol.asyncDispose]())
  // Whatever else a test is about: no error in a console, no breach of a policy, nobody else is asked for anything.
  afterEach(async () => expect(await stage.closeBrowsers()).toEqual([]))

  test('two people meet, write both ways, and find everything again after a reload', async () => {
    const [alice, bob] = [await stage.person('Alice'), await stage.person('Bob')]
    await alice.createAccount()
    await bob.createAccount()
    await alice.addContact(await bob.copyAccountId())
    await alice.write('hello Bob')
    await alice.seesStored('hello Bob')

    await bob.page.getByRole('link', { name: '1 message request' }).click()
    await bob.openChat('Alice')
    await bob.seesMessage('hello Bob')
    expect(await bob.composer.count()).toBe(0)
    await bob.accept()
    await bob.inChats()
    await bob.write('hello Alice')
    await bob.seesStored('hello Alice')
    await alice.seesMessage('hello Alice')
    await alice.page.getByRole('heading', { name: 'Bob', exact: true }).waitFor()

    await alice.composer.fill('and another thing')
    await alice.row('Bob').getByText('and another thing').waitFor()
    await alice.page.reload()
    await alice.seesMessage('hello Alice')
    await alice.seesStored('hello Bob')
    expect(await alice.messages()).toEqual(['hello Bob', 'hello Alice'])
    expect(await alice.composer.inputValue()).toBe('and another thing')
    await bob.page.reload()
    await bob.openChat('Alice')
    await bob.seesStored('hello Alice')
    expect(await bob.messages()).toEqual(['hello Bob', 'hello Alice'])
    await alice.composer.press('Enter')
    await bob.seesMessage('and another thing')
  })

  test('a message waits while its recipient is away and two of the three nodes that keep it go', async () => {
    const [alice, bob] = await stage.pair({ keepsData: true })
    const bobId = await bob.copyAccountId()
    await bob.profile.close()
    await alice.write('are you there?')
    await alice.seesStored('are you there?')

    const [killed, stopped] = await stage.expendableSwarmOf(bobId)
    await stage.network.kill(killed!)
    await stage.network.stop(stopped!)
    await bob.profile.open()
    await bob.openChat('Alice')
    await bob.seesMessage('are you there?')
    await bob.write('now I am')
    await alice.seesMessage('now I am')
    await stage.network.restart(killed!)
    await stage.network.restart(stopped!)
  })

  test('a confirmed phrase brings name and messages to another device', async () => {
    const [alice, bob] = await stage.pair()
    await bob.write('hello Alice')
    await alice.seesMessage('hello Alice')
    const words = await alice.readPhrase()
    await alice.confirmPhrase(['no', 'such'])
    await alice.sees('That is not right yet.')
    await alice.confirmPhrase(words)
    await alice.page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await alice.button('Show the phrase').count()).toBe(0)

    const laptop = await stage.person('Alice')
    await laptop.button('I have an account').click()
    const field = laptop.page.getByLabel('Recovery phrase')
    await field.fill(words.with(4, 'qwertz').join(' '))
    await laptop.sees('“qwertz” (word 5)')
    // The last one follows from the others: with another one in its place no phrase is right.
    await field.fill(words.with(12, words[12] === 'abbey' ? 'zebra' : 'abbey').join(' '))
    await laptop.sees('The words do not belong together')
    expect(await laptop.button('Restore account').isDisabled()).toBe(true)
    await field.fill('')
    await field.click()
    await laptop.paste(`  ${words.join('\n').toUpperCase()} `)
    await laptop.button('Restore account').click()
    await laptop.inChats()
    await laptop.button('You: Alice').waitFor()
    await laptop.openChat('Bob')
    await laptop.seesMessage('hello Bob')
    await laptop.seesMessage('hello Alice')
    expect(await laptop.button('Show the phrase').count()).toBe(0)
    await bob.write('on both of your devices')
    await laptop.seesMessage('on both of your devices')
    await alice.seesMessage('on both of your devices')
  })

  test('what is written without a network waits in order, says so, and is sent when the network is back', async () => {
    const [alice, bob] = await stage.pair()
    await Promise.all(stage.network.nodes.map(({ name }) => stage.network.stop(name)))
    await alice.sees('Offline. No node of the network answers.')
    for (const text of ['first', 'second', 'third']) await alice.write(text)
    const waits = (text: string) => alice.message(text).getByRole('img', { name: 'Waiting for network' }).waitFor()
    await waits('third')
    await alice.page.reload()
    await alice.sees('Offline. No node of the network answers.')
    for (const text of ['first', 'second', 'third']) await waits(text)
    expect(await alice.messages()).toEqual(['hello Bob', 'first', 'second', 'third'])

    await Promise.all(stage.network.nodes.map(({ name }) => stage.network.restart(name)))
    await alice.seesStored('third')
    await bob.seesMessage('third')
    expect(await bob.messages()).toEqual(['hello Bob', 'first', 'second', 'third'])
    await alice.page.getByText('No node of the network answers.').waitFor({ state: 'detached' })
  })

  test('a device without a network says so, and sends when it has one again', async () => {
    const [alice, bob] = await stage.pair()
    await alice.profile.context.setOffline(true)
    await alice.sees('Offline. This device has no network.')
    await alice.write('from the tunnel')
    await alice.message('from the tunnel').getByRole('img', { name: 'Waiting for network' }).waitFor()
    await alice.profile.context.setOffline(false)
    await alice.seesStored('from the tunnel')
    await bob.seesMessage('from the tunnel')
  })
})
