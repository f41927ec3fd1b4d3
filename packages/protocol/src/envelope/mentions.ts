/** Accounts that a text names: `@` and an account ID, which an interface replaces by a name. docs/protocol/envelope.md §6. */
import { type AccountId, parseAccountId } from '../identity/account-id.ts'

export type Mention = {
  readonly account: AccountId
  /** Where it stands in the text, `@` included, in UTF-16 units as in `text.slice(start, end)`. */
  readonly start: number
  readonly end: number
}

const MENTION = /@(05[0-9a-f]{64})/g

/** In the order of the text. At most 30 fit a text of 2,000 code points. */
export function findMentions(text: string): readonly Mention[] {
  return Array.from(text.matchAll(MENTION), (match) => ({
    account: parseAccountId(match[1]!),
    start: match.index,
    end: match.index + match[0].length,
  }))
}

/** What names an account in a text. */
export function mentionOf(account: AccountId): string {
  return `@${account}`
}

/** The text with each mention replaced by what `format` makes of it, as for a notification or a search. */
export function formatMentions(text: string, format: (account: AccountId) => string): string {
  return text.replaceAll(MENTION, (_whole, id: string) => format(parseAccountId(id)))
}
