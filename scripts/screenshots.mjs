// `npm run screenshots`: every screen of the real app on a local network, in both themes and three widths.
import { buildNode } from './build-node.mjs'
import { buildWeb } from './build-web.mjs'
import { ensureChromium } from './chromium.mjs'
import { ensureInstalled, handOver } from './setup.mjs'

ensureInstalled()
if (!buildNode() || !buildWeb()) process.exit(1)
const chromium = ensureChromium()
if (chromium === undefined) process.exit(1)
process.env.STARLING_CHROMIUM = chromium
handOver(['packages/testnet/src/app/take-screenshots.ts', ...process.argv.slice(2)])
