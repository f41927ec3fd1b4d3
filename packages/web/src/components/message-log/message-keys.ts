/** What keys do on a message that has the focus, or on a part of it. */
import type { MessageView } from '@starling/client'
import type { Selection } from './selection.ts'

export type MessagePress =
  /** To the one above or below; with Shift what is passed is selected. */
  | { readonly kind: 'walk'; readonly by: 1 | -1; readonly extends: boolean }
  | { readonly kind: 'menu' | 'toggle' | 'delete' | 'end' }

/** `undefined`: the key is for somebody else. Enter and the space bar on a button or link inside press that. */
export function pressOn(
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'altKey' | 'metaKey' | 'target'>,
  { selecting }: { readonly selecting: boolean },
): MessagePress | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined
  const isOnPart = !isMessage(event.target)
  switch (event.key) {
    case 'ArrowUp':
    case 'ArrowDown':
      return { kind: 'walk', by: event.key === 'ArrowUp' ? -1 : 1, extends: event.shiftKey }
    case 'Enter':
      return isOnPart ? undefined : { kind: selecting ? 'toggle' : 'menu' }
    case ' ':
      return isOnPart ? undefined : { kind: 'toggle' }
    case 'Delete':
      return { kind: 'delete' }
    case 'Escape':
      return selecting ? { kind: 'end' } : undefined
    default:
      return undefined
  }
}

/** The message that an element is, or is part of. */
export function messageOf(element: EventTarget | null, messages: readonly MessageView[]): MessageView | undefined {
  if (typeof Element === 'undefined' || !(element instanceof Element)) return undefined
  const row = element.closest('[data-row]')
  const id = (element.closest<HTMLElement>('[data-message]') ?? row?.querySelector<HTMLElement>('[data-message]'))
    ?.dataset['message']
  return id === undefined ? undefined : messages.find((message) => message.id === id)
}

/** While messages are selected, a press on one means that; with Shift all up to it. */
export function pressWhileSelecting(event: MouseEvent, selection: Selection, messages: readonly MessageView[]): void {
  if (selection.snapshot === undefined || event.target instanceof HTMLInputElement) return
  const message = messageOf(event.target, messages)
  if (message === undefined) return
  event.preventDefault()
  event.stopPropagation()
  if (event.shiftKey) selection.extendTo(message, messages)
  else selection.toggle(message)
}

function isMessage(target: EventTarget | null): boolean {
  return target !== null && 'dataset' in target && (target as HTMLElement).dataset['message'] !== undefined
}
