/** Screens that belong to one chat or one device: search, dialogs, the lock, and everything from right to left. */
import type { Camera } from './camera.ts'
import type { Person } from './person.ts'

const PASSPHRASE = 'four words or more'

/** From a chat with Wendy on. */
export async function shootChatDialogs(who: Person, camera: Camera): Promise<void> {
  const { page } = who
  await who.openChat('Wendy')
  await page.keyboard.press('ControlOrMeta+f')
  await page.getByRole('searchbox', { name: 'Words to look for' }).fill('was')
  await who.sees(/messages? found/)
  await camera.shoot(who, 'search')
  await page.getByRole('searchbox', { name: 'Words to look for' }).fill('nothing like this')
  await who.sees('Nothing found')
  await camera.shoot(who, 'search-none')
  await page.keyboard.press('Escape')
  await who.button('Details').click()
  await who.button('Verify contact…').click()
  await page.getByRole('dialog').locator('.digits').waitFor()
  await camera.shoot(who, 'verify')
  await page.keyboard.press('Escape')
  await who.button('Mute…').click()
  await camera.shoot(who, 'mute')
  await page.keyboard.press('Escape')
  await who.button('Close details').click()
  await chatMenu(who, 'Disappearing messages')
  await page.getByRole('radio', { name: 'After reading' }).check()
  await camera.shoot(who, 'timer')
  await page.keyboard.press('Escape')
  await chatMenu(who, 'Clear chat')
  await camera.shoot(who, 'clear-chat')
  await page.keyboard.press('Escape')
  await who.message('Coffee on Sunday?').click({ button: 'right' })
  await camera.shoot(who, 'message-menu')
  await page.getByRole('menuitem', { name: 'Delete', exact: true }).click()
  await camera.shoot(who, 'delete')
  await page.keyboard.press('Escape')
}

/** The account's page with its dialogs, archives, and the lock, which is taken off again. */
export async function shootDeviceDialogs(who: Person, camera: Camera): Promise<void> {
  const { page } = who
  await openSettings(who, 'Account')
  await who
    .button(/^(Change|Choose).*picture|Your picture/)
    .first()
    .click()
  await camera.shoot(who, 'picture')
  await page.keyboard.press('Escape')
  await openSettings(who, 'Storage')
  await who.button('Export…').first().click()
  await camera.shoot(who, 'export')
  await page.keyboard.press('Escape')
  await openSettings(who, 'Privacy')
  await who.button('Set a passphrase…').click()
  await page.getByLabel('New passphrase').fill(PASSPHRASE)
  await page.getByLabel('Once more').fill(PASSPHRASE)
  await camera.shoot(who, 'lock-set')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await who.sees('This device is protected by a passphrase.')
  await camera.shoot(who, 'settings-privacy-locked')
  await page.keyboard.press('ControlOrMeta+l')
  await who.sees('Starling is locked')
  await camera.shoot(who, 'locked')
  await page.getByLabel('Passphrase').fill(PASSPHRASE)
  await who.button('Unlock').click()
  await who.button('Remove…').click()
  await page.getByRole('dialog').getByLabel('Present passphrase').fill(PASSPHRASE)
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await who.button('Set a passphrase…').waitFor()
}

/** In Arabic, by addresses and places: names are other ones there. Leaves the app so. */
export async function shootRightToLeft(who: Person, camera: Camera): Promise<void> {
  const { page, profile } = who
  await openSettings(who, 'Language')
  await page.getByText('العربية', { exact: true }).click()
  await page.getByRole('heading', { name: 'اللغة' }).first().waitFor()
  for (const name of ['account', 'privacy', 'storage', 'appearance']) {
    await page.goto(`${profile.url}#/settings/${name}`)
    await camera.shoot(who, `rtl-settings-${name}`)
  }
  await page.goto(`${profile.url}#/network`)
  await camera.shoot(who, 'rtl-network')
  await page.goto(`${profile.url}#/chats`)
  await who.row('Wendy').click()
  await who.message('Coffee on Sunday?').waitFor()
  await camera.shoot(who, 'rtl-chat')
  await page.keyboard.press('ControlOrMeta+f')
  await page.getByRole('searchbox').last().fill('was')
  await camera.shoot(who, 'rtl-search')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+/')
  await camera.shoot(who, 'rtl-shortcuts')
  await page.keyboard.press('Escape')
}

async function chatMenu(who: Person, item: string): Promise<void> {
  await who.button('More about this chat').click()
  await who.page.getByRole('menuitem', { name: item }).click()
}

async function openSettings(who: Person, page: string): Promise<void> {
  await who.page.getByRole('link', { name: 'Settings', exact: true }).click()
  const pages = who.page.getByRole('navigation', { name: 'Settings pages' })
  await pages.getByRole('link', { name: new RegExp(`^${page}`) }).click()
}
