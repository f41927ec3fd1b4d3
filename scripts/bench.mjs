// `npm run bench`: figures of the node, printed. `npm run bench -- network …`: of a local network with clients. `… client …`: of
// the client's store and search. `… app …`: of the app in Chromium.
import { buildNode } from './build-node.mjs'
import { buildWeb } from './build-web.mjs'
import { ensureChromium } from './chromium.mjs'
import { ensureInstalled, handOver } from './setup.mjs'

const BENCHES = {
  network: 'packages/testnet/src/bench/bench.ts',
  client: 'packages/client/src/bench/main.ts',
  app: 'packages/testnet/src/app/bench-app.ts',
}

ensureInstalled()
if (!buildNode()) process.exit(1)
const [first, ...rest] = process.argv.slice(2)
if (first === 'app' || first === 'client') {
  const chromium = ensureChromium()
  if (chromium !== undefined) process.env.STARLING_CHROMIUM = chromium
}
if (first === 'app' && !buildWeb()) process.exit(1)
if (first !== undefined && Object.hasOwn(BENCHES, first)) handOver([BENCHES[first], ...rest])
else handOver(['packages/node/src/bench/bench.ts', ...process.argv.slice(2)])
