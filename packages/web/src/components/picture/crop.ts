/** Which part of an image becomes the picture: a square of it, as it stands under a fixed round window. */

/** `zoom`: 1 … 4, 1 fills the window exactly. `x`, `y`: the middle of the square, as a part of the image from 0 to 1. */
export type Crop = { readonly zoom: number; readonly x: number; readonly y: number }
export type Size = { readonly width: number; readonly height: number }

export const WHOLE: Crop = { zoom: 1, x: 0.5, y: 0.5 }
export const MOST_ZOOM = 4
/** Sides of the picture that is uploaded, in pixels. */
export const PICTURE_SIDE = 640

/** The square in pixels of the image. */
export function cropSquare({ width, height }: Size, { zoom, x, y }: Crop): { left: number; top: number; side: number } {
  const side = Math.min(width, height) / zoom
  return { left: x * width - side / 2, top: y * height - side / 2, side }
}

/** The nearest crop that lies in the image. */
export function clampCrop(image: Size, { zoom, x, y }: Crop): Crop {
  const bounded = Math.min(MOST_ZOOM, Math.max(1, zoom))
  const half = Math.min(image.width, image.height) / bounded / 2
  const within = (part: number, whole: number) => Math.min(1 - half / whole, Math.max(half / whole, part))
  return { zoom: bounded, x: within(x, image.width), y: within(y, image.height) }
}

/** The image is pulled by so many pixels under a window of `windowSide` pixels. */
export function dragCrop(image: Size, crop: Crop, by: { dx: number; dy: number; windowSide: number }): Crop {
  const scale = cropSquare(image, crop).side / by.windowSide
  return clampCrop(image, {
    zoom: crop.zoom,
    x: crop.x - (by.dx * scale) / image.width,
    y: crop.y - (by.dy * scale) / image.height,
  })
}
