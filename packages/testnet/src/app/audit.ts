/** What audits of web pages look at: accessibility, good practice, and whether the app can be installed and works offline. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page, Response } from 'playwright-core'
import type { AppStage } from './app-stage.ts'
import type { Person } from './person.ts'

export type Finding = {
  readonly group: 'accessibility' | 'good practice' | 'installed app'
  readonly name: string
  /** What is wrong; nothing: all is well. */
  readonly problems: readonly string[]
}

/** Those whose answer another theme can change. */
const RULES_OF_COLOUR = ['color-contrast', 'link-in-text-block']

/** Walks through the first screens as somebody new does. */
export async function auditApp(stage: AppStage): Promise<readonly Finding[]> {
  const visitor = await stage.person('Ada', { keepsData: true })
  const findings = [...(await auditPage(visitor)), ...(await auditScreens(visitor)), ...(await auditInstalled(visitor))]
  const failures = await stage.closeBrowsers()
  return [
    ...findings,
    { group: 'good practice', name: 'no errors, breaches of the policy, foreign requests', problems: failures },
  ]
}

async function auditPage({ page, profile }: Person): Promise<readonly Finding[]> {
  const responses: Response[] = []
  profile.context.on('response', (response) => responses.push(response))
  await page.goto('about:blank')
  const answer = (await page.goto(profile.url))!
  await page.getByRole('button', { name: 'Create account' }).waitFor()
  const headers = await answer.allHeaders()
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content')
  const script = (await page.locator('script[type=module]').first().getAttribute('src')) ?? ''
  // Not through the browser, which may have it from its cache.
  const sent = await fetch(new URL(script, profile.url))
  const unchecked: number = await page.evaluate(
    `document.querySelectorAll('script:not([integrity]), link[rel=stylesheet]:not([integrity])').length`,
  )
  return [
    practice('answers forbid what they should', missingHeaders(headers)),
    practice('the page repeats the policy, without nodes', differencesOf(headers['content-security-policy'], policy)),
    practice('language, title, description, viewport, colour', await missingInHead(page)),
    practice('scripts and styles carry their hashes', unchecked === 0 ? [] : [`${unchecked} do not`]),
    practice(
      'nothing is missing',
      responses.filter((one) => one.status() >= 400).map((one) => new URL(one.url()).pathname),
    ),
    practice('text is sent compressed', sent.headers.get('content-encoding') === 'gzip' ? [] : ['the script is not']),
  ]
}

async function auditScreens(visitor: Person): Promise<readonly Finding[]> {
  const { page } = visitor
  const findings: Finding[] = []
  const look = async (screen: string): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      // Without another page for each answer; there are no frames that would be left out.
      const axe = new AxeBuilder({ page }).setLegacyMode(true)
      // The same page in other colours: everything else was asked already.
      if (colorScheme === 'dark') axe.withRules(RULES_OF_COLOUR)
      const { violations } = await axe.analyze()
      const problems = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' ')}`,
      )
      findings.push({ group: 'accessibility', name: `${screen}, ${colorScheme}`, problems })
    }
  }
  await look('welcome')
  await visitor.button('I have an account').click()
  await page.getByLabel('Recovery phrase').waitFor()
  await look('restore')
  await page.reload()
  await visitor.createAccount()
  await look('chats')
  for (const place of ['settings/privacy', 'settings/about', 'network', 'new']) {
    await page.goto(`${visitor.profile.url}#/${place}`)
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    await look(place)
  }
  return findings
}

async function auditInstalled({ page, profile }: Person): Promise<readonly Finding[]> {
  await page.goto(profile.url)
  await page.evaluate(`navigator.serviceWorker.ready.then(() => new Promise((done) => {
    const look = () => (navigator.serviceWorker.controller === null ? setTimeout(look, 20) : done())
    look()
  }))`)
  const session = await profile.context.newCDPSession(page)
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
  const manifest = await session.send('Page.getAppManifest')
  await session.detach()
  await profile.context.setOffline(true)
  const offline = await page.reload()
  await profile.context.setOffline(false)
  const parsed = JSON.parse(manifest.data ?? '{}') as Record<string, unknown>
  const lacks = ['share_target', 'protocol_handlers', 'shortcuts', 'launch_handler'].filter((name) => !(name in parsed))
  return [
    installed(
      'the browser would install it',
      installabilityErrors.map(({ errorId }) => errorId),
    ),
    installed(
      'its manifest is understood',
      manifest.errors.map(({ message }) => message),
    ),
    installed('its icons are pictures of the sizes that it says', await wrongIcons(parsed['icons'], profile.url)),
    installed('it takes shares and links, and has shortcuts', lacks),
    installed('it opens without a network', offline?.status() === 200 ? [] : ['it does not']),
  ]
}

async function wrongIcons(icons: unknown, url: string): Promise<readonly string[]> {
  const listed = (Array.isArray(icons) ? icons : []) as readonly { readonly src: string; readonly sizes: string }[]
  if (listed.length === 0) return ['there are none']
  const wrong = await Promise.all(
    listed.map(async ({ src, sizes }) => {
      const bytes = Buffer.from(await (await fetch(new URL(src, url))).arrayBuffer())
      const isPng = bytes.subarray(1, 4).toString() === 'PNG'
      return isPng && `${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}` === sizes ? [] : [src]
    }),
  )
  return wrong.flat()
}

function missingHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  const policy = headers['content-security-policy'] ?? ''
  const wanted: Readonly<Record<string, boolean>> = {
    'a policy without exceptions': policy.includes("default-src 'none'") && !/'unsafe-| \*[ ;]/.test(`${policy};`),
    'trusted types': policy.includes("require-trusted-types-for 'script'"),
    'no frames': policy.includes("frame-ancestors 'none'"),
    'no sniffing': headers['x-content-type-options'] === 'nosniff',
    'no referrer': headers['referrer-policy'] === 'no-referrer',
    'own opener': headers['cross-origin-opener-policy'] === 'same-origin',
    'own resources': headers['cross-origin-resource-policy'] === 'same-origin',
    'few permissions': headers['permissions-policy']?.includes('microphone=()') === true,
  }
  return Object.keys(wanted).filter((name) => !wanted[name])
}

/** Without what only a header can say, and with the page's own narrow reach. */
function differencesOf(header: string | undefined, page: string | null): readonly string[] {
  const rules = (policy: string | undefined | null) => policy?.split('; ') ?? []
  const expected = rules(header)
    .filter((rule) => !rule.startsWith('frame-ancestors'))
    .map((rule) => (rule.startsWith('connect-src') ? "connect-src 'self'" : rule))
  const found = rules(page)
  return [...expected.filter((rule) => !found.includes(rule)), ...found.filter((rule) => !expected.includes(rule))]
}

async function missingInHead(page: Page): Promise<readonly string[]> {
  const found: Record<string, boolean> = await page.evaluate(`({
    lang: document.documentElement.lang !== '',
    title: document.title !== '',
    doctype: document.doctype !== null,
    charset: document.characterSet === 'UTF-8',
    description: document.querySelector('meta[name=description]')?.content.length > 20,
    viewport: document.querySelector('meta[name=viewport]')?.content.includes('width=device-width'),
    zoom: !/maximum-scale|user-scalable=no/.test(document.querySelector('meta[name=viewport]')?.content),
    colour: document.querySelector('meta[name=theme-color]') !== null,
    manifest: document.querySelector('link[rel=manifest]') !== null,
    touchIcon: document.querySelector('link[rel=apple-touch-icon]') !== null,
  })`)
  return Object.keys(found).filter((name) => !found[name])
}

function practice(name: string, problems: readonly string[]): Finding {
  return { group: 'good practice', name, problems }
}

function installed(name: string, problems: readonly string[]): Finding {
  return { group: 'installed app', name, problems }
}
