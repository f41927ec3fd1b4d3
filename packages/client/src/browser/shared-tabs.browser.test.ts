import { testInChromium } from '../testing/in-chromium.ts'

testInChromium('tabs in Chromium', { entry: new URL('shared-tabs-chromium.suite.ts', import.meta.url) })
