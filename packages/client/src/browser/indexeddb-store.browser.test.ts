import { testInChromium } from '../testing/in-chromium.ts'

testInChromium('the IndexedDB store in Chromium', { entry: new URL('indexeddb-store.suite.ts', import.meta.url) })
