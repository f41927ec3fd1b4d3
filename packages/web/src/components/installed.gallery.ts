import { type GalleryStates, show } from '../gallery/gallery-state.ts'
import type { NotificationState } from '../pwa/notifier.ts'
import type { UpdateState } from '../pwa/updates.ts'
import { createStore } from '../state/store.ts'
import UpdateBanner from './app-update/UpdateBanner.svelte'
import NotificationChoice from './notifications/NotificationChoice.svelte'

const update = (state: UpdateState) =>
  show(UpdateBanner, () => ({ updates: { ...createStore(state), snapshot: state, accept: () => {} } }))
const choice = (state: NotificationState) =>
  show(NotificationChoice, () => ({ model: { ...createStore(state), snapshot: state, choose: async () => {} } }))

export const states: GalleryStates = {
  'update-ready': update({ kind: 'ready', version: '0.2.0 (9f86d08188)' }),
  'update-waiting': update({ kind: 'waiting', version: undefined }),
  'notifications-open': choice({ content: 'off', permission: 'open' }),
  'notifications-granted': choice({ content: 'name', permission: 'granted' }),
  'notifications-blocked': choice({ content: 'off', permission: 'blocked' }),
}
