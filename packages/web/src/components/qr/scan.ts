/** Reads QR codes from images and from the camera. The decoder is loaded when it is needed first. */

export type ImageScan =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable' }

/** Longer sides are scaled down to this many pixels: enough for a code that fills a tenth of a photograph. */
const LONGEST_SIDE = 2000
/** Of a camera's frame: read many times a second. */
const LONGEST_FRAME = 800

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
  const [{ rearCamera }, { default: decodeQR }] = await Promise.all([import('qr/dom.js'), import('qr/decode.js')])
  const camera = await rearCamera(video).catch((error: unknown) => error)
  if (!(camera instanceof Object && 'readFrame' in camera)) return { kind: isRefusal(camera) ? 'refused' : 'missing' }
  const running = camera as Awaited<ReturnType<typeof rearCamera>>
  try {
    if (!options.signal.aborted) options.onrunning()
    const readFrame = frameReader(video)
    while (!options.signal.aborted) {
      const text = codeIn(readFrame(), decodeQR)
      if (text !== undefined) return { kind: 'found', text }
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    return { kind: 'stopped' }
  } finally {
    running.stop()
  }
}

/** Pixels of what the camera sees now; none before its first frame. */
function frameReader(video: HTMLVideoElement): () => ImageData | undefined {
  const canvas = new OffscreenCanvas(1, 1)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  return () => {
    const longest = Math.max(video.videoWidth, video.videoHeight)
    if (context === null || longest === 0) return undefined
    const scale = Math.min(1, LONGEST_FRAME / longest)
    canvas.width = Math.round(video.videoWidth * scale)
    canvas.height = Math.round(video.videoHeight * scale)
    context.drawImage(video, 0, 0, canvas.width, canvas.height)
    return context.getImageData(0, 0, canvas.width, canvas.height)
  }
}

function codeIn(frame: ImageData | undefined, decode: (image: ImageData) => string): string | undefined {
  if (frame === undefined) return undefined
  try {
    return decode(frame)
  } catch {
    // The decoder throws when there is no code in the picture: the next one may have it.
    return undefined
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError')
}
