/** `@` in the composer: whom it may mean while it is typed, and what it becomes when it is sent. */
import { type AccountId, mentionOf } from '@starling/client'
import { plainLine } from '../../format/hostile-text.ts'
import { fold } from '../quick-switcher/fuzzy.ts'

/** Somebody who can be named. `name`: as shown, one line. */
export type Mentionable = { readonly account: AccountId; readonly name: string }

/** The word with `@` that the cursor stands in: `start` is where the `@` is, `query` what follows it. */
export type MentionQuery = { readonly start: number; readonly query: string }

/** Longer than any name that is shown. */
const LONGEST_QUERY = 40

/** `undefined`: the cursor is not in such a word. An address like `a@b.org` is none. */
export function mentionAt(text: string, cursor: number): MentionQuery | undefined {
  const start = text.lastIndexOf('@', cursor - 1)
  if (start < 0 || cursor - start - 1 > LONGEST_QUERY) return undefined
  const before = text[start - 1]
  if (before !== undefined && !/[\s(「«„“"']/.test(before)) return undefined
  const query = text.slice(start + 1, cursor)
  return /^\s|[\n@]|\s$/.test(query) ? undefined : { start, query }
}

/** Those whose name has a word that begins so. */
export function findMentionable(people: readonly Mentionable[], query: string): readonly Mentionable[] {
  const wanted = fold(query)
  return people.filter(({ name }) => ` ${fold(name)}`.includes(` ${wanted}`))
}

/** The text with the name in place of what was typed, and where the cursor goes. */
export function takeMention(
  text: string,
  { start, query }: MentionQuery,
  { name }: Mentionable,
): { readonly text: string; readonly cursor: number } {
  const rest = text.slice(start + 1 + query.length)
  const typed = `${text.slice(0, start)}@${name}${rest.startsWith(' ') ? '' : ' '}`
  return { text: typed + rest, cursor: typed.length + (rest.startsWith(' ') ? 1 : 0) }
}

/**
 * The text as it is sent: every `@` with the whole name of somebody becomes that account. Of two names that begin alike the
 * longer one counts. The names stay in drafts, so that they read as they were written.
 */
export function withAccounts(text: string, people: readonly Mentionable[]): string {
  const longestFirst = people.filter(({ name }) => name !== '').sort((a, b) => b.name.length - a.name.length)
  return text.replace(/(?<=^|[\s(「«„“"'])@([^\n@]{1,100})/gu, (whole, rest: string) => {
    const found = longestFirst.find(
      ({ name }) => rest.startsWith(name) && !/^[\p{L}\p{N}]/u.test(rest.slice(name.length)),
    )
    return found === undefined ? whole : mentionOf(found.account) + rest.slice(found.name.length)
  })
}

/** Names as they can be typed and shown. */
export function mentionable(account: AccountId, name: string): Mentionable {
  return { account, name: plainLine(name) }
}
