/** Shows notifications and the badge, where the browser and the person allow it. */
import type { Client, ConversationId, ConversationList } from '@starling/client'
import { createStore, type Snapshots } from '../state/store.ts'
import { type NotificationContent, type NotificationWords, planNotifications, unreadCount } from './notifications.ts'

/** `unsupported`: this browser has none; `blocked`: the person forbade them, in the browser. */
export type NotificationState = {
  readonly content: NotificationContent
  readonly permission: 'unsupported' | 'open' | 'granted' | 'blocked'
}

export interface NotificationModel extends Snapshots<NotificationState> {
  /** Asks for the permission, if it is needed and still open: call it when a person chose something, never by itself. */
  choose(content: NotificationContent): Promise<void>
}

export type NotifierPorts = {
  /** Called anew for each plan: the language may have changed. */
  readonly words: () => NotificationWords
  readonly storage: Pick<Storage, 'getItem' | 'setItem'> | undefined
}

/** What a notifier needs of a browser. */
export type NotifierBrowser = {
  /** Whether a person looks at this page. */
  isWatched(): boolean
  permission(): NotificationState['permission']
  ask(): Promise<NotificationState['permission']>
  show(notification: { tag: string; title: string; body: string; hash: string }): Promise<void>
  close(tag: string): Promise<void>
  badge(count: number): Promise<void>
}

const STORAGE_KEY = 'starling.notifications'
const CONTENTS = ['off', 'nothing', 'name', 'nameAndText'] as const

export class Notifier implements NotificationModel {
  readonly #store
  readonly #ports: NotifierPorts
  readonly #browser: NotifierBrowser
  #before: ConversationList | undefined
  #open: ConversationId | undefined
  #badge = 0

  constructor(browser: NotifierBrowser, ports: NotifierPorts) {
    this.#browser = browser
    this.#ports = ports
    this.#store = createStore<NotificationState>({
      content: readContent(ports.storage),
      permission: browser.permission(),
    })
  }

  get snapshot(): NotificationState {
    return this.#store.snapshot
  }

  subscribe = (listener: (state: NotificationState) => void): (() => void) => this.#store.subscribe(listener)

  async choose(content: NotificationContent): Promise<void> {
    const asked = this.#browser.permission()
    const permission = content !== 'off' && asked === 'open' ? await this.#browser.ask() : asked
    const chosen = permission === 'granted' ? content : 'off'
    this.#store.set({ content: chosen, permission })
    try {
      this.#ports.storage?.setItem(STORAGE_KEY, chosen)
    } catch {
      // A full or forbidden storage: the choice holds until the page is closed.
    }
  }

  /** Follows the conversations of a client that is ready; returns what ends that. */
  follow(conversations: Client['conversations']): () => void {
    const stop = conversations.subscribe((list) => this.#change(list))
    return () => {
      stop()
      this.#before = undefined
      this.#count(0)
    }
  }

  /** Which conversation is open now. */
  attend(open: ConversationId | undefined): void {
    this.#open = open
    this.look()
  }

  /** Somebody may have begun or ceased to look. */
  look(): void {
    if (this.#before !== undefined) this.#change(this.#before)
  }

  #change(after: ConversationList): void {
    const { content, permission } = this.#store.snapshot
    const before = this.#before
    this.#before = after
    this.#count(unreadCount(after))
    if (permission !== 'granted') return
    const attention = { watching: this.#browser.isWatched(), open: this.#open }
    const plan = planNotifications({ before, after, attention, content, words: this.#ports.words() })
    for (const { conversation, title, body } of plan.show) {
      this.#do(this.#browser.show({ tag: conversation, title, body, hash: hashOf(conversation) }))
    }
    for (const conversation of plan.close) this.#do(this.#browser.close(conversation))
  }

  #count(unread: number): void {
    if (unread === this.#badge) return
    this.#badge = unread
    this.#do(this.#browser.badge(unread))
  }

  /** Where a system refuses, the list and the title still say it. */
  #do(work: Promise<void>): void {
    work.catch(() => {})
  }
}

function hashOf(conversation: ConversationId): string {
  return `#/c/${conversation}`
}

function readContent(storage: NotifierPorts['storage']): NotificationContent {
  try {
    return CONTENTS.find((content) => content === storage?.getItem(STORAGE_KEY)) ?? 'off'
  } catch {
    return 'off'
  }
}
