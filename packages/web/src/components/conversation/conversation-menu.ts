import ListChecks from '@lucide/svelte/icons/list-checks'
import Search from '@lucide/svelte/icons/search'
import Timer from '@lucide/svelte/icons/timer'
import Trash2 from '@lucide/svelte/icons/trash-2'
import { t } from '../../text/t.ts'
import type { MenuItem } from '../menu/menu-item.ts'

/** What can be done with an open conversation besides reading and writing. */
export function conversationItems(does: {
  /** `undefined`: nothing goes out to them. */
  readonly timer: (() => void) | undefined
  readonly search: (() => void) | undefined
  readonly select: () => void
  readonly clear: () => void
}): readonly MenuItem[] {
  return [
    ...(does.timer === undefined ? [] : [{ label: t('timer.menu'), icon: Timer, onSelect: does.timer }]),
    ...(does.search === undefined ? [] : [{ label: t('shortcuts.searchHere'), icon: Search, onSelect: does.search }]),
    { label: t('select.menu'), icon: ListChecks, onSelect: does.select },
    { label: t('clear.menu'), icon: Trash2, danger: true, onSelect: does.clear },
  ]
}
