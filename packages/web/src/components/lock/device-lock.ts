/** Whether a passphrase protects this device, and what can be done about it. */
import type { Client } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'
import { failureCode } from '../failure/failure-text.ts'

/** `too_soon`: wrong attempts before this one have to be waited for. */
export type PassphraseProblem = 'wrong' | 'too_soon' | 'empty' | 'too_long' | 'mismatch' | 'failed'

/** `undefined`: not known yet. */
export interface DeviceLock extends Snapshots<boolean | undefined> {
  /** Sets, changes (`old` and `next`) or removes (`next` is `undefined`) it. The problem, if there is one. */
  change(change: PassphraseChange): Promise<PassphraseProblem | undefined>
  /** False: there is no passphrase, or it did not work. */
  lock(): Promise<boolean>
}

export type PassphraseChange = { readonly old?: string; readonly next?: string; readonly repeated?: string }

export type LockClient = Pick<Client, 'hasPassphrase' | 'setPassphrase' | 'lock'>

const MOST_CHARACTERS = 1024

export function createDeviceLock(client: LockClient): DeviceLock {
  const store = createStore<boolean | undefined>(undefined)
  const look = async (): Promise<void> => {
    try {
      store.set(await client.hasPassphrase())
    } catch {
      // The client is gone: whoever asks next hears why.
      store.set(undefined)
    }
  }
  void look()
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    async change({ old, next, repeated }) {
      const problem = problemOf(next, repeated)
      if (problem !== undefined) return problem
      try {
        await client.setPassphrase({ ...(old === undefined ? {} : { old }), ...(next === undefined ? {} : { next }) })
        await look()
        return undefined
      } catch (error) {
        return passphraseProblem(error)
      }
    },
    async lock() {
      try {
        await client.lock()
        return true
      } catch {
        // Nothing to lock with: the settings say how to get it.
        return false
      }
    },
  }
}

export function passphraseProblem(error: unknown): PassphraseProblem {
  const code = failureCode(error)
  return code === 'wrong' || code === 'too_soon' || code === 'empty' || code === 'too_long' ? code : 'failed'
}

function problemOf(next: string | undefined, repeated: string | undefined): PassphraseProblem | undefined {
  if (next === undefined) return undefined
  if (next === '') return 'empty'
  if (next.length > MOST_CHARACTERS) return 'too_long'
  return next === repeated ? undefined : 'mismatch'
}
