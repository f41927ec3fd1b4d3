// `npm run audit`: accessibility, good practice and installability of the built app, in Chromium on a local network.
import { buildNode } from './build-node.mjs'
import { buildWeb } from './build-web.mjs'
import { ensureChromium } from './chromium.mjs'
import { ensureInstalled, handOver } from './setup.mjs'

ensureInstalled()
if (!buildNode() || !buildWeb()) process.exit(1)
const chromium = ensureChromium()
if (chromium === undefined) process.exit(1)
process.env.STARLING_CHROMIUM = chromium
handOver(['packages/testnet/src/app/run-audit.ts'])
