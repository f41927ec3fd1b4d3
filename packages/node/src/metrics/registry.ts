/**
 * Counters, gauges and histograms, and their text for Prometheus (exposition format 0.0.4). Counting is an addition to a
 * number; all work is done when somebody asks. Invariant: a label has one of few values that we chose, never one of
 * somebody's.
 */

export type Labels = Readonly<Record<string, string>>

export class Counter {
  value = 0

  add(count = 1): void {
    this.value += count
  }
}

/** `undefined`: there is nothing to say, and the series is left out. */
export class Gauge {
  value: number | undefined

  set(value: number | undefined): void {
    this.value = value
  }
}

export class Histogram {
  readonly bounds: readonly number[]
  /** One for each bound, and one for all beyond. */
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Array(bounds.length + 1).fill(0)
  }

  observe(value: number): void {
    let at = 0
    while (at < this.bounds.length && value > this.bounds[at]!) at++
    this.counts[at]!++
    this.sum += value
  }
}

type Kind = 'counter' | 'gauge' | 'histogram'
type Family = { readonly kind: Kind; readonly help: string; readonly series: Map<string, Counter | Gauge | Histogram> }

/** Seconds, for what is answered in milliseconds. */
export const DURATION_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

export class MetricsRegistry {
  readonly #families = new Map<string, Family>()

  /** The series of these labels; always the same one for the same name and labels. */
  counter(name: string, help: string, labels: Labels = {}): Counter {
    return this.#series('counter', name, help, labels, () => new Counter()) as Counter
  }

  gauge(name: string, help: string, labels: Labels = {}): Gauge {
    return this.#series('gauge', name, help, labels, () => new Gauge()) as Gauge
  }

  histogram(name: string, help: string, labels: Labels = {}, bounds: readonly number[] = DURATION_BOUNDS): Histogram {
    return this.#series('histogram', name, help, labels, () => new Histogram(bounds)) as Histogram
  }

  /** Everything, as Prometheus reads it: families in the order in which they came. */
  expose(): string {
    return [...this.#families].map(([name, family]) => exposeFamily(name, family)).join('')
  }

  #series(
    kind: Kind,
    name: string,
    help: string,
    labels: Labels,
    create: () => Counter | Gauge | Histogram,
  ): Counter | Gauge | Histogram {
    let family = this.#families.get(name)
    if (!family) {
      family = { kind, help, series: new Map() }
      this.#families.set(name, family)
    }
    const key = formatLabels(labels)
    let series = family.series.get(key)
    if (!series) {
      series = create()
      family.series.set(key, series)
    }
    return series
  }
}

function exposeFamily(name: string, { kind, help, series }: Family): string {
  const lines = [...series].flatMap(([labels, value]) => {
    if (value instanceof Histogram) return exposeHistogram(name, labels, value)
    return value.value === undefined ? [] : [`${name}${braced(labels)} ${value.value}`]
  })
  if (lines.length === 0) return ''
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('\n')}\n`
}

function exposeHistogram(name: string, labels: string, { bounds, counts, sum }: Histogram): string[] {
  const lines: string[] = []
  let total = 0
  const prefix = labels === '' ? '' : `${labels},`
  for (const [at, count] of counts.entries()) {
    total += count
    lines.push(`${name}_bucket{${prefix}le="${bounds[at] ?? '+Inf'}"} ${total}`)
  }
  lines.push(`${name}_sum${braced(labels)} ${sum}`, `${name}_count${braced(labels)} ${total}`)
  return lines
}

function formatLabels(labels: Labels): string {
  const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return Object.entries(labels)
    .map(([key, value]) => `${key}="${escaped(value)}"`)
    .join(',')
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`
}
