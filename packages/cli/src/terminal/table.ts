export type Column = { readonly title: string; readonly align?: 'right' }

/** Columns two spaces apart, no white space at the ends of lines, a line feed after each. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map((column) => column.title), ...rows]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  const render = (line: readonly string[]) =>
    columns
      .map(({ align }, at) => {
        const cell = line[at] ?? ''
        return align === 'right' ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)
      })
      .join('  ')
      .trimEnd()
  return lines.map((line) => `${render(line)}\n`).join('')
}
