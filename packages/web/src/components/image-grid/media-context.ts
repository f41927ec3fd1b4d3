/** The files of the conversation that is open; the messages in it find them here. */
import type { MessageId } from '@starling/client'
import { getContext, setContext } from 'svelte'
import type { Choice, PictureLoading } from '../../state/preferences.ts'
import type { Media } from './media.ts'

export type MediaPlace = {
  readonly media: Media
  /** `never`: of a stranger. `asked`: by a click. `always`: as it comes into view. */
  readonly loads: 'never' | 'asked' | 'always'
  /** Who is told when something is saved; `undefined`: nobody. */
  readonly told: string | undefined
  openPicture(message: MessageId, index: number): void
}

const MEDIA = 'starling.media'
const LOADING = 'starling.pictureLoading'

/** Its fields may change with what it is made of: they are getters. */
export function provideMedia(place: MediaPlace): void {
  setContext(MEDIA, place)
}

export function getMedia(): MediaPlace | undefined {
  return getContext<MediaPlace | undefined>(MEDIA)
}

export function providePictureLoading(choice: Choice<PictureLoading>): void {
  setContext(LOADING, choice)
}

/** What the person chose on this device. */
export function getPictureLoading(): Choice<PictureLoading> | undefined {
  return getContext<Choice<PictureLoading> | undefined>(LOADING)
}
