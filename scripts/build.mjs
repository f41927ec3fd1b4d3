// `npm run build`: the node and the app, into packages/node/dist and packages/web/dist.
import { buildNode } from './build-node.mjs'
import { buildWeb } from './build-web.mjs'
import { ensureInstalled } from './setup.mjs'

ensureInstalled()
process.exit(buildNode() && buildWeb() ? 0 : 1)
