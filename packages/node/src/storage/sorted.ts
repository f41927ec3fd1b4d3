/** Orders that answers and their signatures depend on. Imports nothing: the writer's thread starts quickly. */
/** In the order of the ASCII text, which is not that of the bytes that base64 stands for. */
export function sortedTexts<Text extends string>(texts: Iterable<Text>): Text[] {
  return [...texts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
