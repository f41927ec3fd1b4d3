import { en } from './en.ts'

type Texts = typeof en
export type TextKey = keyof Texts

type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string }

/** The names in braces in a text. */
type ParameterNames<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterNames<Rest>
  : never

type TextOf<Key extends TextKey> = Texts[Key] extends string
  ? Texts[Key]
  : Texts[Key] extends { readonly other: infer Other extends string }
    ? Other
    : never

/** `count` chooses the plural form, so it is a number; all others are shown as they are. */
type Parameters<Names extends string> = { readonly [Name in Names]: Name extends 'count' ? number : string | number }

type PluralCount<Key extends TextKey> = Texts[Key] extends string ? never : 'count'

type Arguments<Key extends TextKey> = [ParameterNames<TextOf<Key>> | PluralCount<Key>] extends [never]
  ? []
  : [parameters: Parameters<ParameterNames<TextOf<Key>> | PluralCount<Key>>]

const pluralRules = new Intl.PluralRules('en')
const numbers = new Intl.NumberFormat('en')

/** The text of `key` with its parameters filled in. Numbers are grouped as the language does it. */
export function t<Key extends TextKey>(key: Key, ...[parameters]: Arguments<Key>): string {
  const values: Readonly<Record<string, string | number>> = parameters ?? {}
  return chooseForm(en[key], values).replace(/\{(\w+)\}/g, (braces, name: string) => {
    const value = values[name]
    if (value === undefined) return braces
    return typeof value === 'number' ? numbers.format(value) : value
  })
}

function chooseForm(text: string | Plural, values: Readonly<Record<string, string | number>>): string {
  if (typeof text === 'string') return text
  const { count } = values
  return (typeof count === 'number' ? text[pluralRules.select(count)] : undefined) ?? text.other
}
