/** Reads QR codes from images and from the camera. The decoder is loaded when it is needed first. */

export type ImageScan =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable' }

/** Longer sides are scaled down to this many pixels: enough for a code that fills a tenth of a photograph. */
const LONGEST_SIDE = 2000

/** Finds the QR code in an image file. Nothing leaves this device. */
export async function scanImage(file: Blob): Promise<ImageScan> {
  const bitmap = await createImageBitmap(file).catch(() => undefined)
  if (bitmap === undefined) return { kind: 'unreadable' }
  try {
    const { default: decodeQR } = await import('qr/decode.js')
    const text = decodeQR(pixelsOf(bitmap), { effort: Number.POSITIVE_INFINITY, timeLimit: 4000 })
    return { kind: 'found', text }
  } catch {
    // The decoder throws when there is no code in the picture.
    return { kind: 'none' }
  } finally {
    bitmap.close()
  }
}

function pixelsOf(bitmap: ImageBitmap): ImageData {
  // Small codes are enlarged: the finder needs more than one pixel for a module.
  const longest = Math.max(bitmap.width, bitmap.height)
  const scale = longest < 400 ? 3 : Math.min(1, LONGEST_SIDE / longest)
  const [width, height] = [
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  ]
  const context = new OffscreenCanvas(width, height).getContext('2d')
  if (context === null) throw new TypeError('no canvas')
  context.fillStyle = '#fff' // transparent images are dark on nothing
  context.fillRect(0, 0, width, height)
  context.imageSmoothingEnabled = scale < 1
  context.drawImage(bitmap, 0, 0, width, height)
  return context.getImageData(0, 0, width, height)
}

export type CameraScan =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stopped' }

/** Shows the camera in `video` until a code is found or `signal` aborts. The camera is off when this resolves. */
export async function scanCamera(
  video: HTMLVideoElement,
  options: { signal: AbortSignal; onrunning: () => void },
): Promise<CameraScan> {
  const { QRCanvas, rearCamera } = await import('qr/dom.js')
  const camera = await rearCamera(video).catch((error: unknown) => error)
  if (!(camera instanceof Object && 'readFrame' in camera)) return { kind: isRefusal(camera) ? 'refused' : 'missing' }
  const running = camera as Awaited<ReturnType<typeof rearCamera>>
  try {
    if (!options.signal.aborted) options.onrunning()
    const canvas = new QRCanvas()
    while (!options.signal.aborted) {
      const text = await running.readFrame(canvas)
      if (typeof text === 'string') return { kind: 'found', text }
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    return { kind: 'stopped' }
  } finally {
    running.stop()
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError')
}
