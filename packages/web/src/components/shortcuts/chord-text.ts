import { t } from '../../text/t.ts'
import type { Chord, Modifier } from './shortcuts.ts'

/** The keys of a chord as they are labelled, in the order in which people hold them. */
export function chordKeys({ modifiers, key }: Chord, isApple: boolean): readonly string[] {
  return [...modifiers.map((modifier) => modifierText(modifier, isApple)), keyText(key)]
}

function modifierText(modifier: Modifier, isApple: boolean): string {
  switch (modifier) {
    case 'mod':
      return isApple ? '⌘' : t('key.ctrl')
    case 'alt':
      return isApple ? '⌥' : t('key.alt')
    case 'shift':
      return isApple ? '⇧' : t('key.shift')
  }
}

function keyText(key: Chord['key']): string {
  switch (key) {
    case 'ArrowUp':
      return '↑'
    case 'ArrowDown':
      return '↓'
    case 'Enter':
      return t('key.enter')
    case 'Escape':
      return t('key.escape')
    case 'Home':
      return t('key.home')
    case 'End':
      return t('key.end')
    default:
      return key.toUpperCase()
  }
}
