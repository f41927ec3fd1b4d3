import type { AccountId, Expiration, MessageId, MessageView } from '@starling/client'

/** What the parts of a message can ask for. `near`: the element that a popover stands beside. */
export type MessageActions = {
  nameOf(account: AccountId): string
  reply(message: MessageView): void
  /** Opens the choice of emoji. */
  react(message: MessageView, near: Element): void
  toggleReaction(message: MessageView, emoji: string): void
  showWho(message: MessageView, near: Element): void
  jumpTo(message: MessageId): void
  retry(message: MessageId): void
  /** Asks from where they are to be deleted. */
  askDelete(messages: readonly MessageView[]): void
  /** Begins to select messages, with this one. */
  select(message: MessageView): void
  /** Adds it to those that are selected, or takes it out. */
  toggleSelected(message: MessageView): void
  /** Makes the other side's setting the own one. */
  follow(expiration: Expiration | undefined): void
}

/** `canAnswer`: to strangers and blocked people nothing goes out. */
export function canReply({ body, deleted }: MessageView, canAnswer: boolean): boolean {
  return canAnswer && !deleted && body.kind !== 'notice'
}

export function canReact(message: MessageView, canAnswer: boolean): boolean {
  return canReply(message, canAnswer) && message.delivery?.kind !== 'failed'
}

/** The one that keys act on when none has the focus: the latest that somebody else wrote, else the latest. */
export function latestAnswerable(messages: readonly MessageView[]): MessageView | undefined {
  const answerable = messages.filter((message) => canReply(message, true))
  return answerable.findLast(({ direction }) => direction === 'incoming') ?? answerable.at(-1)
}
