/** Orders that answers and their signatures depend on. Imports nothing: the writer's thread starts quickly. */
import type { MessageHash, UnixMillis } from '@starling/protocol'

/** In the order of the ASCII text, which is not that of the bytes that base64 stands for. */
export function sortedTexts<Text extends string>(texts: Iterable<Text>): Text[] {
  return [...texts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** By hash, in the order of `sortedTexts`. */
export function sortedExpiries(
  expiries: ReadonlyMap<MessageHash, UnixMillis>,
): { readonly hash: MessageHash; readonly expiry: UnixMillis }[] {
  return sortedTexts(expiries.keys()).map((hash) => ({ hash, expiry: expiries.get(hash)! }))
}
