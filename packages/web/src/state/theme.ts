import { createStore, type Snapshots } from './store.ts'

export type Theme = 'light' | 'dark' | 'system'

export interface ThemeModel extends Snapshots<Theme> {
  choose(theme: Theme): void
}

const key = 'starling.theme'

/** Keeps the theme in `storage`, where theme.js finds it before the first paint, and shows it on `root`. No secret. */
export function createTheme(
  root: { readonly dataset: DOMStringMap },
  storage: Pick<Storage, 'getItem' | 'setItem'> | undefined,
): ThemeModel {
  const store = createStore<Theme>(read(storage))
  store.subscribe((theme) => {
    root.dataset['theme'] = theme
  })
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    choose(theme) {
      store.set(theme)
      try {
        storage?.setItem(key, theme)
      } catch {
        // A full or forbidden storage: the choice holds until the page is closed.
      }
    },
  }
}

function read(storage: Pick<Storage, 'getItem'> | undefined): Theme {
  try {
    const theme = storage?.getItem(key)
    return theme === 'light' || theme === 'dark' ? theme : 'system'
  } catch {
    return 'system'
  }
}
