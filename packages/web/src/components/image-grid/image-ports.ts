/** How a browser measures, shrinks and hands out pictures. */
import { saveFile } from '../archive/save-file.ts'
import type { OpenSize, Size } from './image-layout.ts'
import type { ImagePorts } from './media.ts'

/** Of what a chat shows: more cannot be told apart in that size. */
const QUALITY = 0.85

export const imagePorts: ImagePorts = {
  makeUrl: (blob) => URL.createObjectURL(blob),
  revokeUrl: (url) => URL.revokeObjectURL(url),
  measure: measureImage,
  shrink: (image, size) => paintImage(image, size, { type: 'image/webp', quality: QUALITY }),
  saveFile,
}

/** As it stands after its own turn. Only the head of an image is read for that: pixels are decoded when it is painted. */
export function measureImage(url: string): Promise<Size> {
  return new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight })
    image.onerror = () => reject(new TypeError('no image'))
    image.src = url
  })
}

/** Decoded and made smaller beside the page's own thread. Of an animation this is the first frame. */
export async function paintImage(
  image: Blob,
  { width, height }: OpenSize,
  encoding: { readonly type: string; readonly quality: number },
): Promise<Blob> {
  const resizing = { resizeWidth: width, resizeQuality: 'medium' } as const
  const bitmap = await createImageBitmap(image, height === undefined ? resizing : { ...resizing, resizeHeight: height })
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap)
  return canvas.convertToBlob(encoding)
}
