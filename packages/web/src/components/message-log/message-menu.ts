import Copy from '@lucide/svelte/icons/copy'
import ListChecks from '@lucide/svelte/icons/list-checks'
import Reply from '@lucide/svelte/icons/reply'
import RotateCw from '@lucide/svelte/icons/rotate-cw'
import SmilePlus from '@lucide/svelte/icons/smile-plus'
import Trash2 from '@lucide/svelte/icons/trash-2'
import Users from '@lucide/svelte/icons/users'
import { formatMentions, type MessageView } from '@starling/client'
import { plainText } from '../../format/hostile-text.ts'
import { t } from '../../text/t.ts'
import type { MenuItem } from '../menu/menu-item.ts'
import { canReact, canReply, type MessageActions } from './message-actions.ts'

type Options = { readonly actions: MessageActions; readonly canAnswer: boolean; readonly element: Element }

/** What can be done with a message, in the order of its menu. */
export function menuItems(message: MessageView, { actions, canAnswer, element }: Options): readonly MenuItem[] {
  const { body, delivery, reactions } = message
  const failed = delivery?.kind === 'failed'
  const items: (MenuItem | false)[] = [
    failed && { label: t('message.retry'), icon: RotateCw, onSelect: () => actions.retry(message.id) },
    canReply(message, canAnswer) && { label: t('message.reply'), icon: Reply, onSelect: () => actions.reply(message) },
    canReact(message, canAnswer) && {
      label: t('message.react'),
      icon: SmilePlus,
      onSelect: () => actions.react(message, element),
    },
    reactions.length > 0 && { label: t('message.who'), icon: Users, onSelect: () => actions.showWho(message, element) },
    body.kind === 'text' &&
      body.text !== '' && { label: t('message.copy'), icon: Copy, onSelect: () => copyText(message, actions) },
    { label: t('message.select'), icon: ListChecks, onSelect: () => actions.select(message) },
    { label: t('message.deleteAsk'), icon: Trash2, danger: true, onSelect: () => actions.askDelete([message]) },
  ]
  return items.filter((item) => item !== false)
}

/** As it reads: with names for accounts. */
export function copyText({ body }: Pick<MessageView, 'body'>, { nameOf }: Pick<MessageActions, 'nameOf'>): void {
  if (body.kind !== 'text') return
  void navigator.clipboard.writeText(plainText(formatMentions(body.text, (account) => `@${nameOf(account)}`)))
}
