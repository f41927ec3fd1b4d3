/** What a camera writes into a photo: which way it was held (a quarter turn), and where that was. */

/** The same JPEG with EXIF: orientation 6, and a place at 48° 51′ 30″ north. */
export function withExif(jpeg: Uint8Array): Uint8Array {
  const tiff = new DataView(new ArrayBuffer(98))
  const short = (at: number, value: number) => tiff.setUint16(at, value, true)
  const long = (at: number, value: number) => tiff.setUint32(at, value, true)
  const entry = (at: number, [tag, type, count, value]: readonly [number, number, number, number]) => {
    short(at, tag)
    short(at + 2, type)
    long(at + 4, count)
    long(at + 8, value)
  }
  short(0, 0x4949)
  short(2, 42)
  long(4, 8)
  short(8, 2)
  entry(10, [0x0112, 3, 1, 6])
  entry(22, [0x8825, 4, 1, 38])
  short(38, 2)
  entry(40, [1, 2, 2, 0x4e])
  entry(52, [2, 5, 3, 74])
  for (const [index, part] of [48, 51, 30].entries()) {
    long(74 + 8 * index, part)
    long(78 + 8 * index, 1)
  }
  const exif = [...new TextEncoder().encode('Exif\0\0'), ...new Uint8Array(tiff.buffer)]
  const length = exif.length + 2
  return Uint8Array.from([...jpeg.subarray(0, 2), 0xff, 0xe1, length >> 8, length & 0xff, ...exif, ...jpeg.subarray(2)])
}

/** The kinds of segments of a JPEG up to its picture, such as 0xe1 for EXIF. */
export function segmentsOf(jpeg: Uint8Array): readonly number[] {
  const found: number[] = []
  for (let at = 2; jpeg[at] === 0xff && jpeg[at + 1] !== 0xda; at += 2 + (jpeg[at + 2]! << 8) + jpeg[at + 3]!) {
    found.push(jpeg[at + 1]!)
  }
  return found
}
