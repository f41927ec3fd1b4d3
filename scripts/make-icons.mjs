// Draws the app's icons from packages/web/public/icon.svg, with Chromium. Run it when the logo changes, and commit what it made:
//     node scripts/make-icons.mjs
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { ensureChromium } from './chromium.mjs'
import { root } from './setup.mjs'

const PUBLIC = join(root, 'packages', 'web', 'public')
const INK = '#12151a'
const logo = readFileSync(join(PUBLIC, 'icon.svg'), 'utf8')
// The drawing without its tile: systems that mask icons cut their own shape.
const bird = logo.replace(/<rect[^>]*\/>/, '')

/** `inset`: the part of the edge that the drawing stays away from. The bird is within the inner 80 %, which masks leave untouched. */
const ICONS = [
  { name: 'icon-192.png', size: 192, svg: logo, inset: 0 },
  { name: 'icon-512.png', size: 512, svg: logo, inset: 0 },
  { name: 'maskable-192.png', size: 192, svg: bird, inset: 0, background: INK },
  { name: 'maskable-512.png', size: 512, svg: bird, inset: 0, background: INK },
  { name: 'apple-touch-180.png', size: 180, svg: bird, inset: 0, background: INK },
  // Android takes the shape alone, in one colour.
  {
    name: 'badge-96.png',
    size: 96,
    svg: bird.replaceAll('url(#g)', '#fff').replace(/<g fill=.*<\/g>/, ''),
    inset: 0.04,
  },
]

const executablePath = ensureChromium()
if (executablePath === undefined) process.exit(1)
mkdirSync(join(PUBLIC, 'icons'), { recursive: true })
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
const page = await browser.newPage()
for (const { name, size, svg, inset, background = 'transparent' } of ICONS) {
  await page.setViewportSize({ width: size, height: size })
  const edge = Math.round(size * inset)
  await page.setContent(
    `<style>body{margin:0;background:${background}}svg{position:absolute;inset:${edge}px;width:${size - 2 * edge}px}</style>${svg}`,
  )
  const image = await page.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: size, height: size } })
  writeFileSync(join(PUBLIC, 'icons', name), image)
  console.log(`${name}: ${image.length} bytes`)
}
await browser.close()
