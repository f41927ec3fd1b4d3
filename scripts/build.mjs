// `npm run build`: the app, into packages/web/dist.
import { buildWeb } from './build-web.mjs'
import { ensureInstalled } from './setup.mjs'

ensureInstalled()
process.exit(buildWeb() ? 0 : 1)
