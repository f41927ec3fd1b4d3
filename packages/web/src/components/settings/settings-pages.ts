import type { LucideIcon } from '@lucide/svelte'
import BadgeCheck from '@lucide/svelte/icons/badge-check'
import Bell from '@lucide/svelte/icons/bell'
import Database from '@lucide/svelte/icons/database'
import Info from '@lucide/svelte/icons/info'
import Languages from '@lucide/svelte/icons/languages'
import MonitorSmartphone from '@lucide/svelte/icons/monitor-smartphone'
import Palette from '@lucide/svelte/icons/palette'
import Shield from '@lucide/svelte/icons/shield'
import UserRound from '@lucide/svelte/icons/user-round'
import Waypoints from '@lucide/svelte/icons/waypoints'
import type { SettingsPage } from '../../state/route.ts'

export const pageIcons: Readonly<Record<SettingsPage, LucideIcon>> = {
  account: UserRound,
  privacy: Shield,
  notifications: Bell,
  appearance: Palette,
  language: Languages,
  devices: MonitorSmartphone,
  verification: BadgeCheck,
  network: Waypoints,
  storage: Database,
  about: Info,
}
