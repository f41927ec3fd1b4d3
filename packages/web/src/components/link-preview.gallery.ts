import type { ConversationId } from '@starling/client'
import { type GalleryState, type GalleryStates, show } from '../gallery/gallery-state.ts'
import { sampleAccountId } from '../testing/sample-data.ts'
import { createFakeFiles } from '../testing/sample-pictures.ts'
import { clientWithPreviews } from '../testing/sample-previews.ts'
import Stage from './conversation/Stage.svelte'
import Parts from './link-preview/Parts.svelte'

const id = sampleAccountId('Wendy') as string as ConversationId
type Options = Omit<Parameters<typeof clientWithPreviews>[0], 'files'>

const stage = (options: Options = {}): GalleryState =>
  show(Stage, () => ({ client: clientWithPreviews({ files: createFakeFiles(), ...options }), id }))

export const states: GalleryStates = {
  previews: stage(),
  'previews-off': stage({ isOn: false }),
  'previews-request': stage({ kind: 'request' }),
  'preview-parts': show(Parts, () => ({})),
}
