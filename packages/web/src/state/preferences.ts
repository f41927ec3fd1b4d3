/** What a person prefers on this device. Kept in the browser's own storage: nothing of it is secret. */
import { type LanguageChoice, languages } from '../text/languages.ts'
import { createStore, type Snapshots } from './store.ts'

export type Theme = 'light' | 'dark' | 'system'
/** What Enter does in a message; Shift+Enter makes a new line and Ctrl+Enter sends in both. */
export type EnterKey = 'send' | 'newLine'
/** Minutes without anybody after which the app locks itself, where a passphrase is set. */
export type AutoLockAfter = '1' | '5' | '15' | '60' | 'never'
/** `hidden`: requests of people one does not know stay out of sight. */
export type Strangers = 'shown' | 'hidden'
/** When a picture of a contact is loaded: by a click, or as it comes into view. */
export type PictureLoading = 'asked' | 'contacts'
export type TextSize = 'small' | 'normal' | 'large' | 'larger'

export interface Choice<T> extends Snapshots<T> {
  choose(value: T): void
}

export type Preferences = {
  readonly theme: Choice<Theme>
  readonly textSize: Choice<TextSize>
  readonly enterKey: Choice<EnterKey>
  readonly language: Choice<LanguageChoice>
  readonly autoLock: Choice<AutoLockAfter>
  readonly strangers: Choice<Strangers>
  readonly pictures: Choice<PictureLoading>
}

export const autoLockTimes = ['15', '1', '5', '60', 'never'] as const satisfies readonly AutoLockAfter[]

type Keep = Pick<Storage, 'getItem' | 'setItem'> | undefined

/** Theme and size of text are shown on `root`; theme.js finds it in `storage` before the first paint. */
export function createPreferences(root: { readonly dataset: DOMStringMap }, storage: Keep): Preferences {
  const theme = createChoice<Theme>(storage, 'starling.theme', ['system', 'light', 'dark'])
  theme.subscribe((value) => {
    root.dataset['theme'] = value
  })
  const textSize = createChoice<TextSize>(storage, 'starling.textSize', ['normal', 'small', 'large', 'larger'])
  textSize.subscribe((value) => {
    root.dataset['textSize'] = value
  })
  return {
    theme,
    textSize,
    enterKey: createChoice<EnterKey>(storage, 'starling.enterKey', ['send', 'newLine']),
    language: createChoice<LanguageChoice>(storage, 'starling.language', ['system', ...languages]),
    autoLock: createChoice<AutoLockAfter>(storage, 'starling.autoLock', autoLockTimes),
    strangers: createChoice<Strangers>(storage, 'starling.strangers', ['shown', 'hidden']),
    pictures: createChoice<PictureLoading>(storage, 'starling.pictures', ['asked', 'contacts']),
  }
}

/** The first of `values` is what holds until another one is chosen. */
function createChoice<T extends string>(storage: Keep, key: string, values: readonly [T, ...T[]]): Choice<T> {
  const store = createStore<T>(values.find((value) => value === read(storage, key)) ?? values[0])
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    choose(value) {
      store.set(value)
      try {
        storage?.setItem(key, value)
      } catch {
        // A full or forbidden storage: the choice holds until the page is closed.
      }
    },
  }
}

function read(storage: Keep, key: string): string | null | undefined {
  try {
    return storage?.getItem(key)
  } catch {
    return undefined
  }
}
