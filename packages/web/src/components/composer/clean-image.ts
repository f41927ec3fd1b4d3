import type { CleanImage } from './staged-files.ts'

/** What browsers can write. Everything else that they can read becomes PNG, which loses nothing. */
const KEPT = ['image/jpeg', 'image/webp', 'image/png']
/** Of JPEG and WebP: nothing is lost that can be seen. */
const QUALITY = 0.92

/** Paints the image anew: of what stood in the file beside the picture nothing comes along. Animations keep their first frame. */
export const cleanImage: CleanImage = async (file) => {
  const bitmap = await createImageBitmap(new Blob([await file.arrayBuffer()], { type: file.type }))
  const { width, height } = bitmap
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
  bitmap.close()
  const type = KEPT.includes(file.type) ? file.type : 'image/png'
  const painted = await canvas.convertToBlob({ type, quality: QUALITY })
  return { bytes: new Uint8Array(await painted.arrayBuffer()), contentType: painted.type, width, height }
}
