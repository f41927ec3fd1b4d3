import { test } from 'node:test'
import { expect } from 'expect'
import type { Page } from 'playwright-core'
import { violationsOn } from '../testing/axe.ts'
import { noChromium, onEachState, onState } from '../testing/gallery-browser.ts'
import { untilQuiet } from '../testing/until-quiet.ts'

const settings = ['account', 'privacy', 'notifications', 'appearance', 'language', 'network', 'storage', 'about'].map(
  (page) => `settings-${page}`,
)
/** Where words have least room. */
const narrow = [
  'welcome',
  'chat-unconfirmed',
  'add-contact-wrong',
  'conversation',
  'link-disguised',
  'preview-parts',
  'settings-account',
  'archive',
]
const screens = [
  'welcome',
  'name-failing',
  'restore',
  'archive',
  'restoring',
  'needs-name',
  'failed-unreadable',
  'chats',
  'chats-empty',
  'chat-unconfirmed',
  'chat-gone',
  'requests',
  'requests-empty',
  'offline-clock',
  'add-contact-link',
  'add-contact-wrong',
  'conversation',
  'conversation-note',
  'conversation-blocked',
  'conversation-request',
  'conversation-failed-message',
  'link-disguised',
  'preview-parts',
  'notifications',
  'shortcuts',
  'switcher',
  'settings',
  ...settings,
]

/** What is shown, read out or hinted at outside of the brackets of the pseudo-locale, and is no word of other people. */
const untranslated = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const ofPeople = 'bdi, time, kbd, [translate="no"], [lang]:not(html), .plumage, input, textarea, script, style'
    // Without a screen of the messenger the title is the name of the app.
    const said: string[] = document.title === 'Starling' ? [] : [document.title]
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const parent = texts.currentNode.parentElement
      if (parent !== null && parent.closest(ofPeople) === null) said.push(texts.currentNode.textContent ?? '')
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
      if (element.closest('[translate="no"], [lang]:not(html)') !== null) continue
      for (const name of ['aria-label', 'title', 'placeholder', 'alt']) said.push(element.getAttribute(name) ?? '')
    }
    return said.filter((text) => {
      let rest = text
      for (let inner = ''; inner !== rest; ) {
        inner = rest
        rest = rest.replace(/⟦[^⟦⟧]*⟧/g, '')
      }
      // The nickname that is proposed is the name of the contact.
      return /\p{L}/u.test(rest) && rest !== 'Wendy' && rest !== 'Mallory' && rest !== 'Grace' && rest !== 'Priya'
    })
  })

/** Elements whose text is cut off or reaches beyond them, but for names and previews that end in an ellipsis. */
const clipped = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const tooWide = [...document.body.querySelectorAll<HTMLElement>('*')].filter((element) => {
      const { display, overflowX, textOverflow } = getComputedStyle(element)
      if (display === 'inline' || display === 'contents' || element.closest('.visually-hidden, svg, textarea, input'))
        return false
      if (textOverflow === 'ellipsis' || overflowX === 'auto' || overflowX === 'scroll') return false
      const hasText = [...element.childNodes].some((child) => child.nodeType === 3 && child.textContent?.trim() !== '')
      return hasText && element.scrollWidth > element.clientWidth + 1
    })
    const page = document.documentElement
    const wide = page.scrollWidth > innerWidth ? [`the page: ${page.scrollWidth} of ${innerWidth}`] : []
    return [...wide, ...tooWide.map((element) => element.outerHTML.slice(0, 120))]
  })

for (const look of [
  { width: 390, query: 'language=pseudo' },
  { width: 1440, theme: 'dark', query: 'language=pseudo-rtl' },
] as const) {
  test(`every word comes from the texts, and none is cut off: ${look.width} px, ${look.query}`, {
    skip: noChromium,
  }, async () => {
    await onEachState(screens, look, async (page, state) => {
      await untilQuiet(page)
      const found = { untranslated: await untranslated(page), clipped: await clipped(page) }
      expect({ state, ...found }).toEqual({ state, untranslated: [], clipped: [] })
    })
  })
}

for (const look of [
  { width: 1024, zoom: 2, query: 'language=de' },
  { width: 390, theme: 'dark', query: 'language=fr&text=larger' },
] as const) {
  test(`nothing is cut off: ${JSON.stringify(look)}`, { skip: noChromium }, async () => {
    await onEachState(narrow, look, async (page, state) => {
      await untilQuiet(page)
      expect({ state, clipped: await clipped(page) }).toEqual({ state, clipped: [] })
    })
  })
}

test('from right to left everything is mirrored, and axe finds nothing', { skip: noChromium }, async () => {
  await onState('chat-open', { query: 'language=ar' }, async (page) => {
    const middle = async (selector: string) => {
      const box = await page.locator(selector).first().boundingBox()
      return (box?.x ?? 0) + (box?.width ?? 0) / 2
    }
    await page.getByRole('log').locator('.bubble.own').first().waitFor()
    expect(await middle('nav')).toBeGreaterThan(await middle('.chats'))
    expect(await middle('.chats')).toBeGreaterThan(await middle('[role=log]'))
    expect(await middle('.bubble.own')).toBeLessThan(await middle('.bubble:not(.own)'))
    expect(await page.locator('.lucide-panel-right').evaluate((icon) => getComputedStyle(icon).transform)).toMatch(
      /^matrix\(-1/,
    )
    expect(await violationsOn(page)).toEqual([])
  })
  await onState('settings-language', { width: 390, theme: 'dark', query: 'language=ar' }, async (page) => {
    expect(await violationsOn(page)).toEqual([])
  })
})

test('a language comes when it is chosen, and the document says which', { skip: noChromium }, async () => {
  await onState('languages', {}, async (page) => {
    const loaded: string[] = []
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname))
    await page.getByText('العربية', { exact: true }).click()
    await page.getByRole('heading', { name: 'اللغة' }).first().waitFor()
    expect(loaded.filter((path) => /\/ar-[^/]*\.js$/.test(path)).length).toBe(1)
    expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir])).toEqual([
      'ar',
      'rtl',
    ])
    expect(await page.getByRole('radio', { name: 'العربية' }).isChecked()).toBe(true)
    await page.getByText('Deutsch', { exact: true }).click()
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor()
    expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir])).toEqual([
      'de',
      'ltr',
    ])
  })
})
