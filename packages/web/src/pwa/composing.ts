/** Whether somebody is writing: then nothing may take the page from under them. */
import { createStore, type Snapshots } from '../state/store.ts'

/** What is looked at of an element that has the focus. */
export type FocusedElement = {
  readonly tagName: string
  readonly isContentEditable?: boolean
  readonly type?: string
  readonly value?: string
  readonly textContent?: string | null
}

export type ComposingDocument = {
  readonly activeElement: FocusedElement | null
  addEventListener(type: string, listener: () => void, options: { capture: boolean }): void
}

const TEXT_TYPES = new Set(['text', 'search', 'email', 'tel', 'url', 'password', 'number'])

/** True while a field with something in it has the focus, or an input method is in the middle of a word. */
export function createComposing(page: ComposingDocument): Snapshots<boolean> {
  const store = createStore(hasDraft(page.activeElement))
  let inWord = false
  const look = (): void => store.set(inWord || hasDraft(page.activeElement))
  const on = (type: string, listener: () => void): void => page.addEventListener(type, listener, { capture: true })
  for (const type of ['input', 'change', 'focusin']) on(type, look)
  // While the focus moves, nothing has it; and a sent message empties its field after the event.
  for (const type of ['focusout', 'keyup', 'submit']) on(type, () => queueMicrotask(look))
  on('compositionstart', () => {
    inWord = true
    look()
  })
  on('compositionend', () => {
    inWord = false
    look()
  })
  return {
    get snapshot() {
      look()
      return store.snapshot
    },
    subscribe: store.subscribe,
  }
}

function hasDraft(element: FocusedElement | null): boolean {
  if (element === null) return false
  if (element.isContentEditable === true) return element.textContent?.trim() !== ''
  const isField = element.tagName === 'TEXTAREA' || (element.tagName === 'INPUT' && TEXT_TYPES.has(element.type ?? ''))
  return isField && (element.value ?? '') !== ''
}
