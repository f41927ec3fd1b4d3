/** Runs in Chromium. */
import { describeLocalStore } from '../store/local-store.suite.ts'
import { createIndexedDbPlace } from './indexeddb-place.suite.ts'

describeLocalStore('IndexedDB store', createIndexedDbPlace)
