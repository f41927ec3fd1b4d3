/** The languages of the interface, and which of them somebody gets. English is always here; the others come when they are wanted. */
import { en } from './en.ts'
import { createSpeech, type Direction, type Speech } from './speech.ts'
import type { Words } from './t.ts'

export type Language = 'en' | 'de' | 'es' | 'fr' | 'ar'
export type LanguageChoice = 'system' | Language

/** `region`: for numbers and dates of people whose browser names none for this language. */
type Entry = {
  readonly name: string
  readonly direction: Direction
  readonly region: string
  readonly load: () => Promise<Words>
}

const entries: Readonly<Record<Language, Entry>> = {
  en: { name: 'English', direction: 'ltr', region: 'en-GB', load: async () => en },
  de: { name: 'Deutsch', direction: 'ltr', region: 'de', load: async () => (await import('./de.ts')).de },
  es: { name: 'Español', direction: 'ltr', region: 'es', load: async () => (await import('./es.ts')).es },
  fr: { name: 'Français', direction: 'ltr', region: 'fr', load: async () => (await import('./fr.ts')).fr },
  ar: { name: 'العربية', direction: 'rtl', region: 'ar', load: async () => (await import('./ar.ts')).ar },
}

export const languages = Object.keys(entries) as readonly Language[]

/** What a language calls itself. */
export function languageName(language: Language): string {
  return entries[language].name
}

export type ChosenLanguage = { readonly language: Language; readonly tag: string }

/** `wanted`: what the browser is set to, best first. English, if it names none of ours. */
export function chooseLanguage(choice: LanguageChoice, wanted: readonly string[]): ChosenLanguage {
  const known = wanted.filter((tag) => languages.some((language) => isOf(tag, language)))
  const language = choice === 'system' ? (languages.find((each) => isOf(known[0] ?? 'en', each)) ?? 'en') : choice
  return { language, tag: known.find((tag) => isOf(tag, language)) ?? entries[language].region }
}

/** @throws what `import` throws, if the language is not on this device and there is no network. */
export async function loadSpeech({ language, tag }: ChosenLanguage): Promise<Speech> {
  const { direction, load } = entries[language]
  return createSpeech({ language, direction, tag, words: await load() })
}

/** Tags come from outside: one that `Intl` would refuse is of no language. */
function isOf(tag: string, language: Language): boolean {
  return new RegExp(`^${language}(-[a-z0-9]{1,8}){0,6}$`, 'i').test(tag) && isValid(tag)
}

function isValid(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    // A RangeError: not a tag.
    return false
  }
}
