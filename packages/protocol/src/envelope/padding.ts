/** Padding that hides the length of a content. docs/protocol/envelope.md §3. */
const BLOCK = 160
const MARK = 0x80

/** The content, the byte 80 and 1 to 160 zeros, up to a multiple of 160 bytes. */
export function padContent(content: Uint8Array): Uint8Array {
  const marked = content.length + 1
  const padded = new Uint8Array(marked + BLOCK - (marked % BLOCK))
  padded.set(content)
  padded[content.length] = MARK
  return padded
}

/**
 * The content of padded bytes; bytes without padding are taken as they are, since older producers do not pad. Shares the
 * memory of `padded`. Runs on authenticated bytes only: what it finds tells nobody anything.
 */
export function unpadContent(padded: Uint8Array): Uint8Array {
  let end = padded.length
  while (end > 0 && padded[end - 1] === 0) end--
  return padded[end - 1] === MARK ? padded.subarray(0, end - 1) : padded
}
