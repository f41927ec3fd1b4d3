/** What people do with the app, by the names that things have on the screen. */
import type { AccountId } from '@starling/protocol'
import { parseAccountId } from '@starling/protocol'
import type { Locator, Page } from 'playwright-core'
import type { Profile } from './profile.ts'

export class Person {
  readonly name: string
  readonly profile: Profile

  constructor(name: string, profile: Profile) {
    this.name = name
    this.profile = profile
  }

  get page(): Page {
    return this.profile.page
  }

  /** The field where messages are written. */
  get composer(): Locator {
    return this.page.getByRole('textbox', { name: /^(Message |Write a note)/ })
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  sees(text: string | RegExp): Promise<void> {
    return this.page.getByText(text).first().waitFor()
  }

  async createAccount(): Promise<void> {
    await this.button('Create account').click()
    await this.page.getByLabel('Display name').fill(this.name)
    await this.button('Start messaging').click()
    await this.inChats()
  }

  /** The list of chats can be used. */
  inChats(): Promise<void> {
    return this.page.getByRole('heading', { name: 'Chats', exact: true }).waitFor()
  }

  async copyAccountId(): Promise<AccountId> {
    await this.button(`You: ${this.name}`).click()
    const dialog = this.page.getByRole('dialog', { name: 'Your account ID' })
    await dialog.getByRole('button', { name: 'Copy ID' }).click()
    await dialog.getByRole('button', { name: 'Account ID copied' }).waitFor()
    const copied = await this.clipboard()
    await this.page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    return parseAccountId(copied)
  }

  clipboard(): Promise<string> {
    return this.page.evaluate('navigator.clipboard.readText()')
  }

  /** Pastes into whatever has the focus. */
  async paste(text: string): Promise<void> {
    await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
    await this.page.keyboard.press('ControlOrMeta+v')
  }

  /** Pastes an ID or a link, and is in the chat. */
  async addContact(text: string): Promise<void> {
    await this.button('Add a contact').first().click()
    await this.page.getByLabel('Account ID or link').click()
    await this.paste(text)
    await this.button('Start chat').click()
    await this.page.getByRole('dialog').waitFor({ state: 'detached' })
    await this.composer.waitFor()
  }

  /** A row of the list. */
  row(name: string): Locator {
    return this.page.getByRole('listitem').filter({ hasText: name }).getByRole('link')
  }

  async openChat(name: string): Promise<void> {
    await this.row(name).click()
    await this.page.getByRole('heading', { name, exact: true }).waitFor()
  }

  /** From the row that offers it. */
  async openNote(): Promise<void> {
    await this.button(/^Note to Self/).click()
    await this.page.getByRole('heading', { name: 'Note to Self', exact: true }).waitFor()
  }

  async openRequest(name: string): Promise<void> {
    await this.page.getByRole('link', { name: /message request/ }).click()
    await this.openChat(name)
  }

  async accept(): Promise<void> {
    await this.button('Accept').click()
    await this.composer.waitFor()
  }

  async send(text: string): Promise<void> {
    await this.composer.fill(text)
    await this.composer.press('Enter')
  }

  /** Sends, and sees it in the log. */
  async write(text: string): Promise<void> {
    await this.send(text)
    await this.message(text).waitFor()
  }

  message(text: string | RegExp): Locator {
    return this.page.getByRole('log').getByRole('article').filter({ hasText: text })
  }

  async seesMessage(text: string | RegExp): Promise<void> {
    await this.message(text).waitFor()
  }

  /** Its ring says so. */
  async seesStored(text: string): Promise<void> {
    await this.message(text).getByRole('img', { name: 'Stored on 3 of 3 nodes' }).waitFor()
  }

  /** Opens the banner's dialog and reads the words in it, down to the question for two of them. */
  async readPhrase(): Promise<readonly string[]> {
    await this.button('Show the phrase').click()
    const dialog = this.page.getByRole('dialog', { name: 'Your recovery phrase' })
    const items = await dialog.getByRole('listitem').allInnerTexts()
    await dialog.getByRole('button', { name: 'I wrote them down' }).click()
    return items.map((text) => text.replace(/^\s*\d+\s*/, '').trim())
  }

  /** Answers the question for two words of the phrase out of `words`. */
  async confirmPhrase(words: readonly string[]): Promise<void> {
    const fields = await this.page
      .getByRole('dialog')
      .getByLabel(/^Word \d+$/)
      .all()
    const labels = await this.page.getByRole('dialog').locator('label').allInnerTexts()
    for (const [index, field] of fields.entries()) {
      const position = Number(/\d+/.exec(labels[index] ?? '')?.[0]) - 1
      await field.fill(words[position] ?? 'unknown')
    }
    await this.button('Confirm').click()
  }

  /** Everything in the log that is in the page, from above. */
  async messages(): Promise<readonly string[]> {
    return this.page.getByRole('log').locator('article .words').allTextContents()
  }
}
