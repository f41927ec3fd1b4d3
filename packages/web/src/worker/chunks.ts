/** What comes in pieces crosses the port as one `Blob`, which the browser may keep on the disk. */

export async function collectBlob(chunks: AsyncIterable<Uint8Array>): Promise<Blob> {
  const parts: Blob[] = []
  for await (const chunk of chunks) parts.push(new Blob([new Uint8Array(chunk)]))
  return new Blob(parts)
}

export async function* chunksOf(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader()
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}
