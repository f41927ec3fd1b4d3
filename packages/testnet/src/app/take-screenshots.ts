/** Walks through every screen of the app and takes its picture, into `screenshots/` or the folder that is named. */
import { join, resolve } from 'node:path'
import { AppStage } from './app-stage.ts'
import { Camera } from './camera.ts'
import { Crowd, type Name } from './crowd.ts'
import type { Person } from './person.ts'
import { shootChatDialogs, shootDeviceDialogs, shootRightToLeft } from './shoot-dialogs.ts'

/** What people write first. */
const OPENINGS: Readonly<Record<Name, string>> = {
  Wendy: 'Are you still coming on Friday?',
  Dave: 'Shall we meet earlier?',
  Jun: 'I am off to the station now',
  Priya: 'They should arrive tomorrow',
  Oluwaseun: 'chapter nine, then?',
  Mallory: 'Hello, we met at the book fair. Is this you?',
  Trent: 'I found your link on your page',
}

const folder = resolve(process.argv[2] ?? 'screenshots')
const camera = new Camera(folder)
await using stage = await AppStage.open()
console.log(`Taking pictures into ${folder}`)
const alice = await stage.person('Alice')
await newcomer(alice)
await using crowd = await Crowd.gather({
  network: stage.network.networkFile,
  folder: join(stage.network.folder, 'crowd'),
})
await chats(alice, crowd)
await pages(alice)
await shootChatDialogs(alice, camera)
await shootDeviceDialogs(alice, camera)
await troubles(alice)
await shootRightToLeft(alice, camera)
process.exitCode = (await stage.closeBrowsers()).length

async function newcomer(who: Person): Promise<void> {
  await who.button('Create account').waitFor()
  await camera.shoot(who, 'welcome')
  await who.button('I have an account').click()
  await who.page.getByLabel('Recovery phrase').fill('fizzle fancy joyous biweekly qwertz hairy vats ja')
  await camera.shoot(who, 'restore')
  await who.button('Back').click()
  await who.button('Create account').click()
  await who.page.getByLabel('Display name').fill(who.name)
  await camera.shoot(who, 'name')
  await who.button('Back').click()
  await who.createAccount()
  await camera.shoot(who, 'list-empty')
  const words = await who.readPhrase()
  await camera.shoot(who, 'phrase-confirm')
  await who.button('Back').click()
  await who.button('I wrote them down').waitFor()
  await camera.shoot(who, 'phrase')
  await who.button('I wrote them down').click()
  await who.confirmPhrase(words)
  await who.page.getByRole('dialog').waitFor({ state: 'detached' })
}

async function chats(who: Person, others: Crowd): Promise<void> {
  const own = await who.copyAccountId()
  for (const name of ['Jun', 'Oluwaseun', 'Priya', 'Dave', 'Wendy'] as const) {
    await who.addContact(others.idOf(name))
    await others.say(name, own, OPENINGS[name])
    await who.seesMessage(OPENINGS[name])
  }
  await who.openNote()
  await who.write('Boarding pass: row 14, window')
  await who.openChat('Jun')
  await who.write('safe travels')
  await who.openChat('Dave')
  await who.composer.fill('about Thursday')
  await who.openChat('Wendy')
  await who.write(
    'Your flight is moved to gate 14, boarding 22:10. You are probably in the air already, so this will have to wait for you.',
  )
  await others.say(
    'Wendy',
    own,
    'Phone was dead for eleven hours. Turned it on at the belt and yes — it was there when I landed.',
  )
  await others.say('Wendy', own, 'Where did it wait, actually?')
  await who.seesMessage('Where did it wait, actually?')
  await who.write('With three strangers who could not read it.')
  // She leaves: what is stored for her is not delivered, and shows its ring.
  await others.leave('Wendy')
  await who.write('Coffee on Sunday?')
  await who.seesStored('Coffee on Sunday?')
  for (const text of ['Pictures from the pier', 'the light was unreal', 'write when you are back'])
    await others.say('Priya', own, text)
  for (const name of ['Mallory', 'Trent'] as const) await others.say(name, own, OPENINGS[name])
  await who.page.getByRole('link', { name: '2 message requests' }).waitFor()
  await who.row('Priya').getByText('3 unread').waitFor()
  await camera.shoot(who, 'chat')
  await who.button('Details').click()
  await camera.shoot(who, 'chat-details')
  await who.button('Close details').click()
  await who.page.getByRole('link', { name: 'Chats' }).click()
  await camera.shoot(who, 'list')
  await who.openRequest('Mallory')
  await who.button('Accept').waitFor()
  await camera.shoot(who, 'request')
}

async function pages(who: Person): Promise<void> {
  await who.page.getByRole('link', { name: /^Requests/ }).click()
  await camera.shoot(who, 'requests')
  await who.page.getByRole('link', { name: /^Chats/ }).click()
  await who.page.getByRole('link', { name: 'Network: Connected' }).click()
  await who.button(/^Guard/).focus()
  await camera.shoot(who, 'network')
  await who.page.getByRole('link', { name: 'Settings' }).click()
  await camera.shoot(who, 'settings')
  for (const page of [
    'Account',
    'Privacy',
    'Notifications',
    'Appearance',
    'Language',
    'Devices',
    'Verification',
    'Storage',
    'About',
  ]) {
    await who.page.getByRole('link', { name: new RegExp(`^${page} `) }).click()
    await camera.shoot(who, `settings-${page.toLowerCase()}`)
  }
  await who.page.keyboard.press('Control+/')
  await camera.shoot(who, 'shortcuts')
  await who.page.keyboard.press('Escape')
  await who.page.keyboard.press('Control+k')
  await camera.shoot(who, 'switcher')
  await who.page.keyboard.press('Escape')
  await who.page.getByRole('link', { name: /^Chats/ }).click()
  await who.button('You: Alice').click()
  await camera.shoot(who, 'own-id')
  await who.page.keyboard.press('Escape')
  await who.button('Add a contact').first().click()
  await who.page.getByLabel('Account ID or link').fill(`05${'7e'.repeat(32)}`)
  await camera.shoot(who, 'add-contact')
  await who.page.getByLabel('Account ID or link').fill(`05${'7e'.repeat(31)}`)
  await who.page.keyboard.press('Enter')
  await camera.shoot(who, 'add-contact-wrong')
  await who.page.keyboard.press('Escape')
}

async function troubles(who: Person): Promise<void> {
  await who.openChat('Wendy')
  await who.profile.context.setOffline(true)
  await who.sees('Offline. This device has no network.')
  await who.write('Written in a tunnel')
  await camera.shoot(who, 'offline')
  await who.page.getByRole('link', { name: /^Network/ }).click()
  await camera.shoot(who, 'network-offline')
  await who.profile.context.setOffline(false)
  await who.page.getByRole('link', { name: 'Network: Connected' }).waitFor()
}
