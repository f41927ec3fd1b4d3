import { testInChromium } from '../testing/in-chromium.ts'

testInChromium('the browser vault in Chromium', { entry: new URL('browser-vault.suite.ts', import.meta.url) })
