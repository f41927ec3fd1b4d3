import { type GalleryStates, show } from '../gallery/gallery-state.ts'
import Failure from './failure/Failure.svelte'
import Spinner from './spinner/Spinner.svelte'

export const states: GalleryStates = {
  failure: show(Failure, () => ({ code: 'store_unreadable', onRetry: () => {} })),
  'failure-unknown': show(Failure, () => ({ code: 'anything' })),
  spinner: show(Spinner, () => ({ label: 'Opening your messages…' })),
}
