import { type Crop, cropSquare, PICTURE_SIDE } from './crop.ts'

/** The square as JPEG: drawn anew, so that nothing but its pixels is left of the file (no place, no time, no camera). */
export async function encodePicture(bitmap: ImageBitmap, crop: Crop): Promise<Uint8Array> {
  const { left, top, side } = cropSquare(bitmap, crop)
  const drawn = Math.max(1, Math.min(PICTURE_SIDE, Math.round(side)))
  const canvas = new OffscreenCanvas(drawn, drawn)
  const context = canvas.getContext('2d')
  if (context === null) throw new TypeError('no canvas')
  context.fillStyle = '#fff' // what is transparent would be black in a JPEG
  context.fillRect(0, 0, drawn, drawn)
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, left, top, side, side, 0, 0, drawn, drawn)
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.88 })
  return new Uint8Array(await blob.arrayBuffer())
}
