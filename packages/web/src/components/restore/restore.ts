/** View model of restoring: a phrase as typed so far, judged word by word. It is kept in memory only. */
import {
  type Client,
  checkPhrase,
  checkRecoveryWord,
  RECOVERY_PHRASE_WORDS,
  RecoveryPhraseError,
} from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'
import { t } from '../../text/t.ts'
import { failureCode, failureText } from '../failure/failure-text.ts'

export type WordView = { readonly text: string; readonly state: 'right' | 'wrong' | 'typing' }

export type RestoreView = {
  readonly text: string
  readonly words: readonly WordView[]
  /** Listed words that begin like the one being typed. */
  readonly suggestions: readonly string[]
  readonly complete: boolean
  readonly problem: string | undefined
  /** Said while nothing is wrong: how far the phrase is. */
  readonly progress: string
  readonly busy: boolean
}

export interface RestoreModel extends Snapshots<RestoreView> {
  setText(text: string): void
  /** Puts a suggestion in the place of the word being typed. */
  complete(word: string): void
  restore(): Promise<void>
}

export function createRestore(client: Pick<Client, 'restoreAccount'>): RestoreModel {
  const store = createStore(judge(''))
  const setText = (text: string): void => store.set(judge(text))
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    setText,
    complete: (word) => setText(`${store.snapshot.text.replace(/\S*$/, '')}${word} `),
    async restore() {
      const view = store.snapshot
      if (!view.complete || view.busy) return
      store.set({ ...view, busy: true, problem: undefined })
      try {
        await client.restoreAccount({ phrase: view.text })
        store.set(judge('')) // no longer needed: what is secret is not kept
      } catch (error) {
        store.set({ ...view, problem: problemOf(error) })
      }
    },
  }
}

function judge(text: string): RestoreView {
  const words = wordsOf(text)
  const check = checkPhrase(text)
  const typing = words.at(-1)
  const suggestions = typing?.state === 'typing' ? suggestionsFor(typing.text) : []
  const missing = Math.max(0, RECOVERY_PHRASE_WORDS - words.length)
  return {
    text,
    words,
    suggestions,
    complete: check.kind === 'ok',
    problem: check.kind === 'wrong' ? wrongText(check.code, check.wordIndex, words) : undefined,
    progress: missing > 0 ? t('restore.wordsLeft', { count: missing }) : t('restore.complete'),
    busy: false,
  }
}

function wordsOf(text: string): WordView[] {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const finished = /\s$/.test(text) || words.length >= RECOVERY_PHRASE_WORDS ? words.length : words.length - 1
  return words.map((word, index) => {
    const known = checkRecoveryWord(word).kind === 'known'
    return { text: word, state: known ? 'right' : index < finished ? 'wrong' : 'typing' }
  })
}

function suggestionsFor(word: string): readonly string[] {
  const check = checkRecoveryWord(word)
  return check.kind === 'unknown' ? check.suggestions.filter((listed) => listed.startsWith(word.toLowerCase())) : []
}

function problemOf(error: unknown): string {
  if (error instanceof RecoveryPhraseError) return wrongText(error.code, error.wordIndex, [])
  const { what, lost } = failureText(failureCode(error))
  return `${what}. ${lost}`
}

function wrongText(code: RecoveryPhraseError['code'], index: number | undefined, words: readonly WordView[]): string {
  switch (code) {
    case 'unknown_word': {
      const word = index === undefined ? undefined : words[index]?.text
      const number = (index ?? 0) + 1
      return word === undefined ? t('restore.wrongWord', { number }) : t('restore.unknownWord', { word, number })
    }
    case 'word_count':
    case 'long_phrase':
      return t('restore.tooMany')
    case 'checksum':
    case 'invalid_group':
      return t('restore.wrongChecksum')
  }
}
