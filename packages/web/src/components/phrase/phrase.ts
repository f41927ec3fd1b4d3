/** View model of showing the recovery phrase and confirming two of its words. The phrase is held while it is shown, no longer. */
import { type Client, RECOVERY_PHRASE_WORDS } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'

export type PhraseView =
  | { readonly kind: 'closed' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'shown'; readonly words: readonly string[]; readonly confirmed: boolean }
  /** `positions`: of the two words asked for, from 0. */
  | {
      readonly kind: 'confirming'
      readonly positions: readonly [number, number]
      readonly wrong: boolean
      readonly busy: boolean
    }

export interface PhraseModel extends Snapshots<PhraseView> {
  open(): Promise<void>
  /** The words were written down: two of them are asked for. */
  next(): void
  confirm(words: readonly [string, string]): Promise<void>
  close(): void
}

export function createPhrase(options: {
  readonly client: Pick<Client, 'session' | 'revealPhrase' | 'confirmPhrase'>
  /** From 0 to 1, 1 excluded: which words are asked for. No secret depends on it. */
  readonly random: () => number
}): PhraseModel {
  const { client, random } = options
  const store = createStore<PhraseView>({ kind: 'closed' })
  const isConfirmed = (): boolean => {
    const session = client.session.snapshot
    return session.kind === 'ready' && session.account.phraseConfirmed
  }
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    async open() {
      store.set({ kind: 'loading' })
      try {
        const words = (await client.revealPhrase()).split(' ')
        if (store.snapshot.kind === 'loading') store.set({ kind: 'shown', words, confirmed: isConfirmed() })
      } catch {
        store.set({ kind: 'failed' })
      }
    },
    next: () => store.set({ kind: 'confirming', positions: twoPositions(random), wrong: false, busy: false }),
    async confirm(words) {
      const view = store.snapshot
      if (view.kind !== 'confirming' || view.busy) return
      store.set({ ...view, busy: true })
      const [first, second] = view.positions
      try {
        const answers = [
          { index: first, word: words[0].trim().toLowerCase() },
          { index: second, word: words[1].trim().toLowerCase() },
        ]
        const right = await client.confirmPhrase(answers)
        store.set(right ? { kind: 'closed' } : { ...view, wrong: true })
      } catch {
        store.set({ kind: 'failed' })
      }
    },
    close: () => store.set({ kind: 'closed' }),
  }
}

/** Two different positions, in order, the checksum word left out. */
function twoPositions(random: () => number): [number, number] {
  const count = RECOVERY_PHRASE_WORDS - 1
  const first = Math.floor(random() * count)
  const second = (first + 1 + Math.floor(random() * (count - 1))) % count
  return first < second ? [first, second] : [second, first]
}
