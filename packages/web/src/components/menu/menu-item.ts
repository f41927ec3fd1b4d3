import type { LucideIcon } from '@lucide/svelte'

/** One line of a menu. */
export type MenuItem = {
  readonly label: string
  readonly icon: LucideIcon
  /** Drawn as dangerous, below a hairline. */
  readonly danger?: boolean
  readonly onSelect: () => void
}
