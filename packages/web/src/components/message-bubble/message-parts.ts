/** The text of a message in parts: plain, links, and the names of accounts that it mentions. */
import type { AccountId, MentionView } from '@starling/client'
import { plainText } from '../../format/hostile-text.ts'
import { findLinks, type TextPart } from '../../format/links.ts'

export type MessagePart =
  | TextPart
  /** `name`: with `@`. */
  | { readonly kind: 'mention'; readonly name: string; readonly isSelf: boolean }

/** Mentions stand where the client found them in the text as it came: what is hostile goes from each part on its own. */
export function messageParts(
  text: string,
  mentions: readonly MentionView[],
  nameOf: (account: AccountId) => string,
): readonly MessagePart[] {
  const parts: MessagePart[] = []
  let done = 0
  for (const { account, start, end, isSelf } of mentions) {
    parts.push(...findLinks(plainText(text.slice(done, start))))
    parts.push({ kind: 'mention', name: `@${nameOf(account)}`, isSelf })
    done = end
  }
  return [...parts, ...findLinks(plainText(text.slice(done)))]
}
