/** The pictures of one session; components that show somebody find them here. */
import { getContext, setContext } from 'svelte'
import type { Pictures } from './pictures.ts'

const KEY = 'starling.pictures'

export function providePictures(pictures: Pictures): void {
  setContext(KEY, pictures)
}

export function getPictures(): Pictures | undefined {
  return getContext<Pictures | undefined>(KEY)
}
