/** View model of *Add a contact*: what is in the field, what is wrong with it, and where it leads. */
import type { AccountId, Client, ConversationId } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'
import { type ContactInput, type ContactProblem, readContactInput } from './contact-input.ts'

export type AddContactView = {
  readonly text: string
  /** `own`: this is the account of this device. `problem` waits until typing has come to an end. */
  readonly state:
    | { readonly kind: 'typing' }
    | { readonly kind: 'found'; readonly accountId: AccountId }
    | { readonly kind: 'own'; readonly accountId: AccountId }
    | { readonly kind: 'wrong'; readonly problem: ContactProblem }
  /** What a scan brought, unless it was an account. */
  readonly scanNote: ScanNote | undefined
  readonly busy: boolean
  readonly failed: boolean
}

export type ScanNote = 'imageNone' | 'imageUnreadable' | 'cameraRefused' | 'cameraMissing' | 'scannedOther'

export interface AddContactModel extends Snapshots<AddContactView> {
  type(text: string): void
  /** Typing came to an end: what is wrong is said now. */
  check(): void
  scanned(text: string): void
  note(note: ScanNote): void
  /** The conversation with this account, with Note to Self for the own one; `undefined` if there is none. */
  submit(): Promise<ConversationId | undefined>
}

/** More at once than a key press brings: it was pasted, and can be judged. */
const PASTED = 8

export function createAddContact(options: {
  readonly client: Pick<Client, 'startConversation'>
  readonly own: AccountId
  /** From a link that was opened. */
  readonly initial?: string
}): AddContactModel {
  const { client, own } = options
  const store = createStore<AddContactView>({
    text: '',
    state: { kind: 'typing' },
    scanNote: undefined,
    busy: false,
    failed: false,
  })

  const put = (text: string, judge: boolean) =>
    store.set({
      text,
      state: stateOf(readContactInput(text), own, judge),
      scanNote: undefined,
      busy: false,
      failed: false,
    })

  const submit = async (): Promise<ConversationId | undefined> => {
    put(store.snapshot.text, true)
    const { state } = store.snapshot
    if (state.kind !== 'found' && state.kind !== 'own') return undefined
    store.update((view) => ({ ...view, busy: true }))
    try {
      return await client.startConversation(state.accountId)
    } catch {
      // Said in the view; the field keeps what was typed.
      store.update((view) => ({ ...view, failed: true }))
      return undefined
    } finally {
      store.update((view) => ({ ...view, busy: false }))
    }
  }

  if (options.initial !== undefined) put(options.initial, true)
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    type: (text) => put(text, text.length - store.snapshot.text.length > PASTED),
    check: () => put(store.snapshot.text, true),
    scanned(text) {
      if (readContactInput(text).kind === 'account') put(text.trim(), true)
      else store.update((view) => ({ ...view, scanNote: 'scannedOther' }))
    },
    note: (scanNote) => store.update((view) => ({ ...view, scanNote })),
    submit,
  }
}

function stateOf(input: ContactInput, own: AccountId, judge: boolean): AddContactView['state'] {
  if (input.kind === 'account') return { kind: input.accountId === own ? 'own' : 'found', accountId: input.accountId }
  if (input.kind === 'wrong' && judge) return input
  return { kind: 'typing' }
}
