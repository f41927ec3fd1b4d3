import { type AccountId, AccountIdError, parseAccountId } from '@starling/client'

/** What somebody pasted, typed or scanned to name an account. */
export type ContactInput =
  | { readonly kind: 'empty' }
  | { readonly kind: 'account'; readonly accountId: AccountId }
  | { readonly kind: 'wrong'; readonly problem: ContactProblem }

/** What is wrong with it; `link`: an address that is no link to a contact. */
export type ContactProblem =
  | { readonly kind: 'link' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'alphabet'; readonly character: string }
  | { readonly kind: 'prefix' }

/** Longer than any link that we make; what is pasted by mistake is not searched through. */
const LONGEST_INPUT = 2000

/** What the system hands over for a link that begins with our own scheme, also where it was put into another URL. */
const OWN_SCHEME = /^(?:web(?:\+|%2b))?starling(?::|%3a)(?:\/\/|%2f%2f)?/i

/** Reads an account ID, `starling:<id>`, `web+starling:<id>`, or a link that ends in `#/add/<id>`. Spaces, line ends and capitals are forgiven. */
export function readContactInput(text: string): ContactInput {
  const compact = text.slice(0, LONGEST_INPUT).replace(/[\s\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g, '')
  if (compact === '') return { kind: 'empty' }
  const id = extractId(compact)
  if (id === undefined) return { kind: 'wrong', problem: { kind: 'link' } }
  try {
    return { kind: 'account', accountId: parseAccountId(id) }
  } catch (error) {
    if (!(error instanceof AccountIdError)) throw error
    return { kind: 'wrong', problem: describeProblem(error.reason, id) }
  }
}

/** The link that opens the app at this contact. `origin` as in `https://example.org`; nothing after `#` reaches a server. */
export function contactLink(base: string, accountId: AccountId): string {
  return `${base.replace(/#.*$/, '').replace(/\/$/, '')}/#/add/${accountId}`
}

function extractId(compact: string): string | undefined {
  if (OWN_SCHEME.test(compact))
    return compact
      .replace(OWN_SCHEME, '')
      .replace(/(?:\/|%2f)$/i, '')
      .toLowerCase()
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(compact)) return /#\/add\/([^/?#]+)\/?$/.exec(compact)?.[1]?.toLowerCase()
  return compact.toLowerCase()
}

function describeProblem(reason: AccountIdError['reason'], id: string): ContactProblem {
  switch (reason) {
    case 'length':
      return { kind: 'length', length: [...id].length }
    case 'alphabet':
      return { kind: 'alphabet', character: /[^0-9a-f]/u.exec(id)?.[0] ?? '' }
    case 'prefix':
      return { kind: 'prefix' }
  }
}
