/** Files that somebody chose, pasted or dropped, and that wait for *Send*. */
import type { OutgoingFile } from '@starling/client'

/** Most bytes of one file, and most files of one message: the client refuses more. */
export const FILE_LIMIT = 10_000_000
/** Most bytes of an image as it is chosen: painted anew, it has fewer. */
export const IMAGE_LIMIT = 50_000_000
export const FILES_LIMIT = 32

export type StagedFile = {
  /** Unique among those that are staged. */
  readonly key: number
  readonly name: string
  readonly size: number
  readonly isImage: boolean
  /** What can be shown of it meanwhile. */
  readonly image?: Blob
  readonly isTooLarge: boolean
  /** What is uploaded: of an image without what a camera wrote into it. */
  read(): Promise<OutgoingFile>
}

export type Staged = {
  readonly files: readonly StagedFile[]
  /** Some were not taken: there were too many. */
  readonly isFull: boolean
}

/** What is looked at of a `File`. */
export type ChosenFile = Pick<File, 'name' | 'size' | 'type' | 'arrayBuffer'>

/**
 * Takes what an image says about where and with what it was taken out of it.
 *
 * @throws {Error} if it cannot be read as an image: it is not sent as it is, since nobody knows what else is in it
 */
export type CleanImage = (file: ChosenFile) => Promise<Omit<OutgoingFile, 'fileName'>>

let lastKey = 0

/** `chosen` behind those that are there, as many as fit. */
export function stageFiles(staged: Staged, chosen: readonly ChosenFile[], clean: CleanImage): Staged {
  const files = [...staged.files, ...chosen.map((file) => stage(file, clean))]
  return { files: files.slice(0, FILES_LIMIT), isFull: files.length > FILES_LIMIT }
}

export function unstageFile({ files }: Staged, key: number): Staged {
  return { files: files.filter((file) => file.key !== key), isFull: false }
}

function stage(file: ChosenFile, clean: CleanImage): StagedFile {
  const { name, size, type } = file
  const isImage = /^image\/(?!svg)/.test(type)
  const plain = async (): Promise<Omit<OutgoingFile, 'fileName'>> => ({
    bytes: new Uint8Array(await file.arrayBuffer()),
    ...(type === '' ? {} : { contentType: type }),
  })
  return {
    key: ++lastKey,
    name,
    size,
    isImage,
    ...(isImage && file instanceof Blob ? { image: file } : {}),
    isTooLarge: size > (isImage ? IMAGE_LIMIT : FILE_LIMIT),
    read: async () => ({ fileName: name, ...(isImage ? await clean(file) : await plain()) }),
  }
}
