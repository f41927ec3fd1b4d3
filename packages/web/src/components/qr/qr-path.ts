import encodeQR from 'qr'

/** A QR code as one SVG path in a square of `size` modules, quiet zone included. */
export type QrPath = { readonly size: number; readonly path: string }

/** Encodes a text. Rows of dark modules become one stroke each: a few hundred, whatever the size on the screen. */
export function qrPath(text: string): QrPath {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 3 })
  let path = ''
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue
      const from = x
      while (row[x + 1]) x++
      path += `M${from} ${y}h${x - from + 1}v1H${from}z`
    }
  }
  return { size: rows.length, path }
}
