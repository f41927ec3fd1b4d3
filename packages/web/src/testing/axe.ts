/** axe in the pages of tests: put into each page once, without another page beside it, and asked only for what is wrong. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { untilQuiet } from './until-quiet.ts'

/** As text for a page. The package that is ours brings it along, and would put twice as much into a page twice. */
const source = readFileSync(createRequire(import.meta.resolve('@axe-core/playwright')).resolve('axe-core/axe.min.js'))

/** Those whose answer another theme can change, as long as nothing else differs. */
const RULES_OF_COLOUR = ['color-contrast', 'link-in-text-block']
/** Headings and landmarks around a part of a page belong to the screens. */
const RULES_OF_SCREENS = ['page-has-heading-one', 'region', 'landmark-one-main']

type Asked = {
  /** A part of a page is no screen. */
  readonly of?: 'screen' | 'part'
  /** `colours`: of a page that was asked about everything in another theme. */
  readonly about?: 'everything' | 'colours'
}

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] }
type Axe = { run(context: Document, options: object): Promise<{ readonly violations: readonly Violation[] }> }

/** What axe finds wrong with a page, once nothing in it changes any more: a rule each, with the elements that break it. */
export async function violationsOn(
  page: Page,
  { of = 'screen', about = 'everything' }: Asked = {},
): Promise<readonly string[]> {
  // Frames would be left out without a word.
  if (page.frames().length > 1) throw new Error('axe is asked about pages without frames')
  await untilQuiet(page)
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(source.toString())
  const disabled = of === 'part' ? RULES_OF_SCREENS : []
  const options = {
    resultTypes: ['violations'],
    ...(about === 'colours' && { runOnly: RULES_OF_COLOUR }),
    rules: Object.fromEntries(disabled.map((rule) => [rule, { enabled: false }])),
  }
  return page.evaluate(async (options) => {
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run(document, options)
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  }, options)
}
