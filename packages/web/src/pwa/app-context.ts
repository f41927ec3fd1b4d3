/** The app as it is installed in a browser; components that show something of that find it here. Not there in the gallery. */
import { getContext } from 'svelte'
import type { Notifier } from './notifier.ts'
import type { UpdateModel } from './updates.ts'

export type InstalledApp = {
  /** As people read it; `undefined` in the development server. */
  readonly version: string | undefined
  readonly updates: UpdateModel
  readonly notifier: Notifier
  /** Takes the text that another app shared, if there is one. */
  readonly takeSharedText: () => Promise<string | undefined>
}

const KEY = 'starling.installed-app'

/** For `mount`. */
export function appContext(app: InstalledApp): Map<string, unknown> {
  return new Map([[KEY, app]])
}

export function getInstalledApp(): InstalledApp | undefined {
  return getContext<InstalledApp | undefined>(KEY)
}
