/** The language that is spoken now: follows the preference, once its texts are here. */
import { type ChosenLanguage, chooseLanguage } from '../text/languages.ts'
import type { Speech } from '../text/speech.ts'
import { speak } from '../text/t.ts'
import type { Preferences } from './preferences.ts'
import { createStore, type Snapshots } from './store.ts'

/** `failed`: the texts of the language that was chosen last could not be loaded; the one before is still spoken. */
export type Spoken = { readonly language: string; readonly failed: boolean }

export interface SpokenModel extends Snapshots<Spoken> {
  /** Resolves when the language that is chosen now is spoken, or cannot be. */
  readonly ready: Promise<void>
}

export type SpokenPorts = {
  readonly root: { lang: string; dir: string }
  readonly preferences: Pick<Preferences, 'language'>
  /** What the browser is set to, best first. */
  readonly wanted: () => readonly string[]
  readonly load: (chosen: ChosenLanguage) => Promise<Speech>
}

/** Shows the language and its direction on `root`, before anybody is told. */
export function createSpoken({ root, preferences, wanted, load }: SpokenPorts): SpokenModel {
  const store = createStore<Spoken>({ language: 'en', failed: false })
  let ready = Promise.resolve()
  let turn = 0

  const follow = async (mine: number): Promise<void> => {
    try {
      const speech = await load(chooseLanguage(preferences.language.snapshot, wanted()))
      if (mine !== turn) return
      speak(speech)
      root.lang = speech.language
      root.dir = speech.direction
      store.set({ language: speech.language, failed: false })
    } catch {
      // Not on this device, and no network: said in the settings, where it was chosen.
      if (mine === turn) store.update(({ language }) => ({ language, failed: true }))
    }
  }
  preferences.language.subscribe(() => {
    ready = follow(++turn)
  })
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    get ready() {
      return ready
    },
  }
}
