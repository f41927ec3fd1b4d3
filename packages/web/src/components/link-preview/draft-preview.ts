/**
 * The preview of the first link in what is being written. Invariants: while previews are off, or the network lists no service
 * for them, nothing is asked for; nothing is asked for before a pause in typing; one is on its way at a time, and called off
 * when its link goes; a message never waits for it.
 */
import { type Client, findLink, type OutgoingPreview } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'
import type { Schedule } from '../composer/draft.ts'

/** `url`: the link as it stands in the text. */
export type DraftPreviewState =
  | { readonly kind: 'none'; readonly url?: undefined }
  | { readonly kind: 'fetching' | 'failed'; readonly url: string }
  | { readonly kind: 'ready'; readonly url: string; readonly preview: OutgoingPreview }

export interface DraftPreview extends Snapshots<DraftPreviewState>, Disposable {
  /** Somebody typed; `text` is what stands there now. */
  type(text: string): void
  /** Not wanted for this link, until a message was sent. */
  remove(): void
  /** What goes out with this text, if it is here by now; nothing is left behind. */
  take(text: string): OutgoingPreview | undefined
  /** The message could not be sent. */
  putBack(preview: OutgoingPreview | undefined): void
}

/** Longer than between the letters of a link that is typed. */
const PAUSE_MS = 1000
const NONE: DraftPreviewState = { kind: 'none' }

export function createDraftPreview(options: {
  readonly client: Pick<Client, 'files' | 'settings' | 'network'>
  readonly schedule: Schedule
}): DraftPreview {
  const { client, schedule } = options
  const store = createStore<DraftPreviewState>(NONE)
  const removed = new Set<string>()
  let stopWaiting: (() => void) | undefined
  let asking: AbortController | undefined

  const isOn = () => client.settings.snapshot.linkPreviews && client.network.snapshot.previewServices !== undefined
  const show = (state: DraftPreviewState) => {
    asking?.abort()
    asking = undefined
    store.set(state)
  }
  const drop = () => {
    stopWaiting?.()
    stopWaiting = undefined
    show(NONE)
  }

  const fetchFor = async (text: string): Promise<void> => {
    const url = isOn() ? findLink(text) : undefined
    if (url === undefined || removed.has(url) || url === store.snapshot.url) return
    const life = new AbortController()
    show({ kind: 'fetching', url })
    asking = life
    const shown = await fetchPreview(client, url, life.signal)
    if (asking === life) show(shown)
  }

  const dropIfOff = () => isOn() || drop()
  const stops = [client.settings.subscribe(dropIfOff), client.network.subscribe(dropIfOff)]

  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    type(text) {
      if (!isOn()) return
      const { url } = store.snapshot
      if (url !== undefined && url !== findLink(text)) show(NONE)
      stopWaiting?.()
      stopWaiting = schedule(() => void fetchFor(text), PAUSE_MS)
    },
    remove() {
      const { url } = store.snapshot
      if (url !== undefined) removed.add(url)
      drop()
    },
    take(text) {
      const state = store.snapshot
      drop()
      removed.clear()
      // Names of people became account IDs, perhaps in the middle of it.
      return state.kind === 'ready' && text.includes(state.url) ? state.preview : undefined
    },
    putBack(preview) {
      if (preview !== undefined && isOn() && store.snapshot.kind === 'none')
        show({ kind: 'ready', url: preview.url, preview })
    },
    [Symbol.dispose]() {
      for (const stop of stops) stop()
      drop()
    },
  }
}

/** A message goes without what cannot be had, so why it cannot is not worth more than a line. */
async function fetchPreview(
  { files }: Pick<Client, 'files'>,
  url: string,
  signal: AbortSignal,
): Promise<DraftPreviewState> {
  try {
    const preview = await files.preview(url, { signal })
    return preview === undefined ? { kind: 'failed', url } : { kind: 'ready', url, preview }
  } catch {
    return { kind: 'failed', url }
  }
}
