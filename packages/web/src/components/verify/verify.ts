/** View model of *Verify contact*: the number of both, and what a scanned code says about it. */
import type { Client, ConversationId } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'

export type VerifyView = {
  /** 60 digits; `undefined`: being computed, or `failed`. */
  readonly number: string | undefined
  readonly failed: boolean
  readonly scanned: 'same' | 'different' | 'other' | undefined
}

export interface VerifyModel extends Snapshots<VerifyView> {
  /** The text of a QR code that was read. */
  scan(text: string): void
  retry(): Promise<void>
}

/** As QR code: docs/protocol/identity.md §6. */
const PREFIX = 'starling-verify:'

export function createVerify(client: Pick<Client, 'safetyNumber'>, id: ConversationId): VerifyModel {
  const store = createStore<VerifyView>({ number: undefined, failed: false, scanned: undefined })
  const compute = async (): Promise<void> => {
    store.set({ number: undefined, failed: false, scanned: undefined })
    try {
      store.set({ number: await client.safetyNumber(id), failed: false, scanned: undefined })
    } catch {
      store.set({ number: undefined, failed: true, scanned: undefined }) // said, with a way to try again
    }
  }
  void compute()
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    scan(text) {
      const { number } = store.snapshot
      if (number === undefined) return
      const scanned = numberOf(text)
      store.update((view) => ({
        ...view,
        scanned: scanned === undefined ? 'other' : scanned === number ? 'same' : 'different',
      }))
    },
    retry: compute,
  }
}

/** Twelve groups of five digits: as they are read out. */
export function digitGroups(number: string): readonly string[] {
  return number.match(/\d{5}/g) ?? []
}

export function verifyCode(number: string): string {
  return `${PREFIX}${number}`
}

function numberOf(text: string): string | undefined {
  return text.startsWith(PREFIX) && /^\d{60}$/.test(text.slice(PREFIX.length)) ? text.slice(PREFIX.length) : undefined
}
