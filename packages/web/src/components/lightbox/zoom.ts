/** How a picture lies in its window: how much larger than it fits, and how far its middle is from the window's, in CSS pixels. */
import type { Size } from '../image-grid/image-layout.ts'

/** `scale`: 1, where all of it is seen, to 8. */
export type Zoom = { readonly scale: number; readonly x: number; readonly y: number }
/** From the middle of the window. */
export type Point = { readonly x: number; readonly y: number }
/** `fitted`: the picture at scale 1. */
export type Frame = { readonly fitted: Size; readonly window: Size }

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 }
export const MOST_ZOOM = 8
/** What a double click or a key of the keyboard does. */
export const DOUBLE = 2.5
export const STEP = 1.4

/** As large as the window has room for, and no larger than it is. */
export function fit(picture: Size, window: Size): Size {
  const scale = Math.min(1, window.width / picture.width, window.height / picture.height)
  return { width: picture.width * scale, height: picture.height * scale }
}

/** Larger or smaller by `factor`; what is at `at` stays there, as far as the picture's edges allow. */
export function zoomBy(frame: Frame, zoom: Zoom, factor: number, at: Point = { x: 0, y: 0 }): Zoom {
  const scale = Math.min(MOST_ZOOM, Math.max(1, zoom.scale * factor))
  const grown = scale / zoom.scale
  return within(frame, { scale, x: at.x - (at.x - zoom.x) * grown, y: at.y - (at.y - zoom.y) * grown })
}

export function panBy(frame: Frame, zoom: Zoom, by: Point): Zoom {
  return within(frame, { scale: zoom.scale, x: zoom.x + by.x, y: zoom.y + by.y })
}

/** All of it, or a good part larger around `at`. */
export function toggleZoom(frame: Frame, zoom: Zoom, at: Point): Zoom {
  return zoom.scale > 1 ? WHOLE : zoomBy(frame, zoom, DOUBLE, at)
}

/** No edge comes further in than the window's, and what has room stands in the middle. */
function within({ fitted, window }: Frame, { scale, x, y }: Zoom): Zoom {
  const bound = (at: number, side: number, room: number) => {
    const most = Math.max(0, (side * scale - room) / 2)
    return Math.min(most, Math.max(-most, at))
  }
  return { scale, x: bound(x, fitted.width, window.width), y: bound(y, fitted.height, window.height) }
}
