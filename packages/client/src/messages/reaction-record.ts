/**
 * Reactions to a message: of each author and emoji the latest word counts, whatever comes first. So a withdrawal is kept as
 * well. Merging is commutative, associative and idempotent.
 */
import type { AccountId, UnixMillis } from '@starling/protocol'
import * as z from 'zod/mini'
import type { ReactionView } from '../api.ts'
import { accountIdSchema, timeSchema } from './record-fields.ts'

/** Two people, each with more emoji than anybody looks at. */
const MAX_REACTIONS = 64

export type ReactionRecord = {
  readonly author: AccountId
  readonly emoji: string
  readonly at: UnixMillis
  /** `false`: withdrawn. */
  readonly isOn: boolean
}

export const reactionSchema: z.ZodMiniType<ReactionRecord> = z.object({
  author: accountIdSchema,
  emoji: z.string(),
  at: timeSchema,
  isOn: z.boolean(),
})

export function mergeReactions(
  before: readonly ReactionRecord[] = [],
  more: readonly ReactionRecord[] = [],
): readonly ReactionRecord[] {
  const latest = new Map<string, ReactionRecord>()
  for (const reaction of [...before, ...more]) {
    const key = `${reaction.author} ${reaction.emoji}`
    const known = latest.get(key)
    if (known === undefined || isLater(reaction, known)) latest.set(key, reaction)
  }
  return [...latest.values()].sort(byTime).slice(-MAX_REACTIONS)
}

/** In the order in which each emoji was first used. */
export function reactionViews(reactions: readonly ReactionRecord[] = [], self: AccountId): readonly ReactionView[] {
  const authors = new Map<string, AccountId[]>()
  for (const { emoji, author, isOn } of reactions) {
    if (isOn) authors.set(emoji, [...(authors.get(emoji) ?? []), author])
  }
  return [...authors].map(([emoji, list]) => ({ emoji, authors: list, mine: list.includes(self) }))
}

/** Own times differ always; of a sender who uses one twice, the withdrawal counts. */
function isLater(a: ReactionRecord, b: ReactionRecord): boolean {
  return a.at > b.at || (a.at === b.at && !a.isOn && b.isOn)
}

function byTime(a: ReactionRecord, b: ReactionRecord): number {
  const key = ({ author, emoji }: ReactionRecord) => `${author} ${emoji}`
  return a.at - b.at || (key(a) < key(b) ? -1 : 1)
}
