/** The one table of keys. What is bound here is listed here: the sheet shows this table, and the window listens by it. */

/** What keys do anywhere in the messenger. `chatAt` comes with the place of the chat, from 0. */
export type ShortcutId =
  | 'newChat'
  | 'switcher'
  | 'chatAt'
  | 'previousChat'
  | 'nextChat'
  | 'previousUnread'
  | 'nextUnread'
  | 'search'
  | 'searchHere'
  | 'lock'
  | 'settings'
  | 'help'

export type Pressed = { readonly id: Exclude<ShortcutId, 'chatAt'> } | { readonly id: 'chatAt'; readonly place: number }

/** What parts of the interface do with keys by themselves: listed with the others. */
export type LocalKeyId = 'send' | 'newLine' | 'close' | 'walk' | 'ends' | 'menu' | MessageKeyId

/** What keys do in an open conversation. */
export type MessageKeyId = 'reply' | 'react' | 'attach'

export type Modifier = 'mod' | 'alt' | 'shift'
export type NamedKey = 'ArrowUp' | 'ArrowDown' | 'Enter' | 'Escape' | 'Home' | 'End'

/** Keys that are pressed together. `mod`: Ctrl, or ⌘ on Apple keyboards. `1…9`: any of these digits. */
export type Chord = {
  readonly modifiers: readonly Modifier[]
  readonly key: NamedKey | 'n' | 'k' | 'r' | 'e' | 'u' | 'f' | 'l' | ',' | '/' | '1…9' | 'F10'
}

type Binding = { readonly id: ShortcutId; readonly chords: readonly Chord[] }

const mod = (key: Chord['key']): Chord => ({ modifiers: ['mod'], key })
const modShift = (key: Chord['key']): Chord => ({ modifiers: ['mod', 'shift'], key })
const alt = (key: Chord['key']): Chord => ({ modifiers: ['alt'], key })
const altShift = (key: Chord['key']): Chord => ({ modifiers: ['alt', 'shift'], key })
const plain = (key: Chord['key']): Chord => ({ modifiers: [], key })

/** Browsers keep Ctrl+N for themselves, but for installed apps: Alt+N works everywhere. */
export const shortcuts: readonly Binding[] = [
  { id: 'switcher', chords: [mod('k')] },
  { id: 'newChat', chords: [mod('n'), alt('n')] },
  { id: 'chatAt', chords: [mod('1…9')] },
  { id: 'previousChat', chords: [alt('ArrowUp')] },
  { id: 'nextChat', chords: [alt('ArrowDown')] },
  { id: 'previousUnread', chords: [altShift('ArrowUp')] },
  { id: 'nextUnread', chords: [altShift('ArrowDown')] },
  { id: 'search', chords: [mod('f')] },
  { id: 'searchHere', chords: [modShift('f')] },
  { id: 'lock', chords: [mod('l')] },
  { id: 'settings', chords: [mod(',')] },
  { id: 'help', chords: [mod('/')] },
]

const messageKeys: readonly { readonly id: MessageKeyId; readonly chords: readonly Chord[] }[] = [
  { id: 'reply', chords: [{ modifiers: ['mod', 'shift'], key: 'r' }] },
  { id: 'react', chords: [{ modifiers: ['mod', 'shift'], key: 'e' }] },
  { id: 'attach', chords: [mod('u')] },
]

/** `enterSends`: as it is set. */
export function localKeys(enterSends: boolean): {
  readonly writing: readonly { readonly id: LocalKeyId; readonly chords: readonly Chord[] }[]
  readonly moving: readonly { readonly id: LocalKeyId; readonly chords: readonly Chord[] }[]
} {
  const shiftEnter: Chord = { modifiers: ['shift'], key: 'Enter' }
  return {
    writing: [
      { id: 'send', chords: enterSends ? [plain('Enter')] : [mod('Enter')] },
      { id: 'newLine', chords: enterSends ? [shiftEnter] : [plain('Enter'), shiftEnter] },
      { id: 'close', chords: [plain('Escape')] },
      ...messageKeys,
    ],
    moving: [
      { id: 'walk', chords: [plain('ArrowUp'), plain('ArrowDown')] },
      { id: 'ends', chords: [plain('Home'), plain('End')] },
      { id: 'menu', chords: [{ modifiers: ['shift'], key: 'F10' }] },
    ],
  }
}

/** What is looked at of a `KeyboardEvent`. */
export type KeyPress = Pick<
  KeyboardEvent,
  'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing'
>

/** The shortcut of a key press; `undefined`: none of ours. */
export function matchShortcut(press: KeyPress, isApple: boolean): Pressed | undefined {
  if (press.isComposing) return undefined
  for (const { id, chords } of shortcuts) {
    if (!chords.some((chord) => matches(press, chord, isApple))) continue
    return id === 'chatAt' ? { id, place: Number(press.code.slice(-1)) - 1 } : { id }
  }
  return undefined
}

/** The same for the keys of an open conversation. */
export function matchMessageKey(press: KeyPress, isApple: boolean): MessageKeyId | undefined {
  if (press.isComposing) return undefined
  return messageKeys.find(({ chords }) => chords.some((chord) => matches(press, chord, isApple)))?.id
}

function matches(press: KeyPress, { modifiers, key }: Chord, isApple: boolean): boolean {
  const [wanted, other] = isApple ? [press.metaKey, press.ctrlKey] : [press.ctrlKey, press.metaKey]
  if (wanted !== modifiers.includes('mod') || other || press.altKey !== modifiers.includes('alt')) return false
  // On some keyboards `/` is itself a key with Shift.
  if (key !== '/' && press.shiftKey !== modifiers.includes('shift')) return false
  if (key === '1…9') return /^(Digit|Numpad)[1-9]$/.test(press.code)
  return press.key.toLowerCase() === key.toLowerCase() || isOnKey(press, key)
}

/** Where letters are not Latin, the key that would be this letter counts. */
function isOnKey({ key, code }: KeyPress, wanted: Chord['key']): boolean {
  return /^[a-z]$/.test(wanted) && !/^[a-z]$/i.test(key) && code === `Key${wanted.toUpperCase()}`
}
