import type { ConversationId } from '@starling/client'
import { type GalleryState, type GalleryStates, show } from '../gallery/gallery-state.ts'
import { FakeClient } from '../testing/fake-client.ts'
import { type SampleConversation, sampleAccountId } from '../testing/sample-data.ts'
import { createFakeFiles, samplePictures } from '../testing/sample-pictures.ts'
import Stage from './conversation/Stage.svelte'

const id = sampleAccountId('Wendy') as string as ConversationId

const stage = (more: Partial<SampleConversation> = {}, place: 'there' | 'none' = 'there'): GalleryState =>
  show(Stage, () => ({
    client: new FakeClient({
      conversations: [{ ...samplePictures, ...more }],
      ...(place === 'there' && { files: createFakeFiles() }),
    }),
    id,
  }))

export const states: GalleryStates = {
  images: stage(),
  'images-request': stage({ kind: 'request' }),
  'images-no-place': stage({}, 'none'),
}
