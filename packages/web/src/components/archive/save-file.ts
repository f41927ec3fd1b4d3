/** A download is read by the browser after it was asked for: its address has to live that long. */
const LIFE_MS = 60_000

/** Hands a file to the person, as a download. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), LIFE_MS)
}
