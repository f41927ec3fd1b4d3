import { locale } from '../text/t.ts'

/** A number as the language writes it. */
export function numberText(value: number): string {
  return locale().formatNumber(value)
}

/** A number in a badge: from `most` on, `999+`. */
export function countText(value: number, most: number): string {
  return value > most ? `${numberText(most)}+` : numberText(value)
}

/** A size in the unit that suits it: `840 kB`, `12.4 MB`. Powers of 1000, as drives are sold. */
export function sizeText(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const options = { style: 'unit', unit: units[power], unitDisplay: 'short', maximumFractionDigits: 1 } as const
  return new Intl.NumberFormat(locale().tag, { ...options, unit: units[power] ?? 'byte' }).format(bytes / 1000 ** power)
}
