const ALPHABET = 'ybndrfg8ejkmcpqxot1uwisza345h769'

/** z-base-32, most significant bits first, without padding: 52 characters for 32 bytes. */
export function toBase32z(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(held >> (bits - 5)) & 31]!
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31]! : text
}
