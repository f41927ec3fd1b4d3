export type Figure = { readonly name: string; readonly value: number; readonly unit: 'ms' | 'MB' | '/s' | '' }

/** p50 and p99 of measured times, in ms. */
export function percentiles(name: string, times: readonly number[]): Figure[] {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
  return [
    { name: `${name}, p50`, value: at(0.5), unit: 'ms' },
    { name: `${name}, p99`, value: at(0.99), unit: 'ms' },
  ]
}

export function printFigures(figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ name }) => name.length))
  for (const { name, value, unit } of figures) {
    const text = value >= 100 ? Math.round(value).toString() : value.toFixed(1)
    process.stdout.write(`${name.padEnd(width)}  ${text.padStart(8)} ${unit}\n`)
  }
}
