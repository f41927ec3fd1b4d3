import { plainLine } from '../../format/hostile-text.ts'
import type { AccountsState, KnownAccount } from '../../state/accounts.ts'
import { t } from '../../text/t.ts'

/** What an account is called in a list: its name, or its place where the name is not kept in clear. */
export function accountName({ name }: KnownAccount, index: number): string {
  return name === undefined ? t('accounts.locked', { number: index + 1 }) : plainLine(name)
}

/** The other accounts, with what they are called. */
export function otherAccounts({ open, known }: AccountsState): readonly (KnownAccount & { readonly label: string })[] {
  return known
    .map((account, index) => ({ ...account, label: accountName(account, index) }))
    .filter(({ slot }) => slot !== open)
}
