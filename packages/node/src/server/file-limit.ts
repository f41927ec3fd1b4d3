/** Each connection takes a file of the process, and the system allows so many: docs/operating.md §10. */
import { z } from 'zod'
import type { ServerLimits } from './limits.ts'

/** The rest is for links between nodes, handshakes of theirs, the database, and connections to other servers. */
const SHARE_OF_CLIENTS = 3 / 4

const report = z.object({ userLimits: z.object({ open_files: z.object({ soft: z.number() }) }) })

/** Files that this process may have open; `Infinity` where there is no bound, or none that can be found out. */
export function openFileLimit(): number {
  Object.assign(process.report, { excludeNetwork: true }) // it would ask for the names of all peers
  const parsed = report.safeParse(process.report.getReport())
  return parsed.success ? parsed.data.userLimits.open_files.soft : Number.POSITIVE_INFINITY
}

/** With no more connections than the process has files for: a listener that runs out of them serves nobody. */
export function withinFiles(limits: ServerLimits, files: number): ServerLimits {
  const connections = Math.min(limits.connections, Math.max(Math.floor(files * SHARE_OF_CLIENTS), 1))
  return { ...limits, connections, links: Math.min(limits.links, connections) }
}
