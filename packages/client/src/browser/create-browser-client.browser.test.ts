import { testInChromium } from '../testing/in-chromium.ts'

testInChromium('the whole client in Chromium', { entry: new URL('create-browser-client.suite.ts', import.meta.url) })
