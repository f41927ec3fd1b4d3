import { MOST_PIXELS } from '../image-grid/image-kind.ts'
import type { Size } from '../image-grid/image-layout.ts'
import { measureImage, paintImage } from '../image-grid/image-ports.ts'
import { type ChosenFile, type CleanImage, FILE_LIMIT } from './staged-files.ts'

/** What browsers can write. Everything else that they can read becomes PNG, which loses nothing. */
const KEPT = ['image/jpeg', 'image/webp', 'image/png']
/** Pixels that are decoded at all: 800 MB in memory, for a moment. */
const MOST_DECODED = 200_000_000
/** How it is tried until it fits: nothing is lost that can be seen, then a little, then size. WebP keeps what is transparent. */
const TRIES: readonly { readonly sides: number; readonly quality: number; readonly type?: string }[] = [
  { sides: 1, quality: 0.92 },
  { sides: 1, quality: 0.85, type: 'image/webp' },
  { sides: 0.7, quality: 0.8, type: 'image/webp' },
  { sides: 0.4, quality: 0.8, type: 'image/webp' },
]

/** `image_unreadable`: it cannot be painted anew, so nobody knows what else is in it. */
class UnreadableImage extends Error {
  readonly code = 'image_unreadable'
}

/**
 * Paints the image anew: of what stood in the file beside the picture nothing comes along. Animations keep their first frame.
 * What has over 40,000,000 pixels, or would have over 10,000,000 bytes, is made smaller.
 */
export const cleanImage: CleanImage = async (file) => {
  try {
    return await paintAnew(file)
  } catch (error) {
    throw new UnreadableImage('an image cannot be painted anew', { cause: error })
  }
}

async function paintAnew(file: ChosenFile): ReturnType<CleanImage> {
  const image = new Blob([await file.arrayBuffer()], { type: file.type })
  const whole = await sizeOf(image)
  if (whole.width * whole.height > MOST_DECODED) throw new RangeError('too many pixels')
  const within = Math.min(1, Math.sqrt(MOST_PIXELS / (whole.width * whole.height)))
  const kept = KEPT.includes(file.type) ? file.type : 'image/png'
  for (const { sides, quality, type = kept } of TRIES) {
    const size = scaled(whole, sides * within)
    const painted = await paintImage(image, size, { type, quality })
    if (painted.size > FILE_LIMIT) continue
    return { bytes: new Uint8Array(await painted.arrayBuffer()), contentType: painted.type, ...size }
  }
  throw new RangeError('it does not become small enough')
}

async function sizeOf(image: Blob): Promise<Size> {
  const url = URL.createObjectURL(image)
  try {
    return await measureImage(url)
  } finally {
    URL.revokeObjectURL(url)
  }
}

function scaled({ width, height }: Size, by: number): Size {
  return { width: Math.max(1, Math.floor(width * by)), height: Math.max(1, Math.floor(height * by)) }
}
