/** Pictures of people as they come in: fetched once, decoded by the browser, kept while the page is open. */
import type { Client, ProfilePicture } from '@starling/client'

export interface Pictures extends Disposable {
  /** An address to show it by; `undefined`: it cannot be had, or is no image. Only for people whom one accepted. */
  get(picture: ProfilePicture): Promise<string | undefined>
}

/** Larger ones are not shown, in bytes. */
const LARGEST = 2_000_000
const MOST_KEPT = 200
/** What a browser decodes as an image and nothing else; the sender's word for its type is not asked. */
const KINDS: readonly (readonly [type: string, magic: readonly number[]])[] = [
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
  ['image/webp', [0x52, 0x49, 0x46, 0x46]],
]

export type PicturePorts = {
  readonly download: Client['files']['downloadPicture']
  readonly makeUrl: (image: Blob) => string
  readonly revokeUrl: (url: string) => void
}

export function createPictures({ download, makeUrl, revokeUrl }: PicturePorts): Pictures {
  const kept = new Map<string, Promise<string | undefined>>()
  const fetchOne = async (picture: ProfilePicture): Promise<string | undefined> => {
    try {
      const bytes = await download(picture)
      const type = KINDS.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte))?.[0]
      return type === undefined || bytes.length > LARGEST ? undefined : makeUrl(new Blob([bytes.slice()], { type }))
    } catch {
      // Nobody has it, or it is not what was put there: the plumage stands in its place.
      return undefined
    }
  }
  const drop = (url: string): void => {
    const old = kept.get(url)
    kept.delete(url)
    void old?.then((made) => made !== undefined && revokeUrl(made))
  }
  return {
    get(picture) {
      const known = kept.get(picture.url)
      if (known !== undefined) return known
      const first = kept.keys().next()
      if (kept.size >= MOST_KEPT && !first.done) drop(first.value)
      const fetching = fetchOne(picture)
      kept.set(picture.url, fetching)
      return fetching
    },
    [Symbol.dispose]() {
      for (const url of [...kept.keys()]) drop(url)
    },
  }
}
