/** What the self-check of a node found. `advice`: it works, but; `problem`: it will not work. */
export type Finding = {
  readonly check: 'address' | 'clock' | 'disk' | 'files' | 'machine' | 'ports'
  readonly level: 'good' | 'advice' | 'problem'
  /** What was found, and what to do about it. Holds paths and ports of this machine, no secrets. */
  readonly text: string
}

export function finding(check: Finding['check'], level: Finding['level'], text: string): Finding {
  return { check, level, text }
}

const SIGNS = { good: 'ok', advice: 'note', problem: 'PROBLEM' } as const

/** One paragraph for each, the worst last: that is what a person sees at the prompt. */
export function renderFindings(findings: readonly Finding[]): string {
  const order = ['good', 'advice', 'problem'] as const
  const sorted = order.flatMap((level) => findings.filter((found) => found.level === level))
  return sorted.map(({ level, text }) => `  ${SIGNS[level].padEnd(8)} ${text}\n`).join('')
}
