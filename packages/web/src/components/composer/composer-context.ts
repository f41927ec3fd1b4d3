/** The composers of the messenger; that of the chat that is open finds itself here. */
import { getContext, setContext } from 'svelte'
import { type Composers, createComposers } from './composers.ts'

const COMPOSERS = 'starling.composers'

export function provideComposers(composers: Composers): void {
  setContext(COMPOSERS, composers)
}

/** A composer that stands alone has its own. */
export function getComposers(): Composers {
  return getContext<Composers | undefined>(COMPOSERS) ?? createComposers()
}
