/** Shows notifications and the badge, where the browser and the person allow it. */
import type { Client, ConversationId, ConversationList } from '@starling/client'
import { createStore, type Snapshots } from '../state/store.ts'
import {
  type NotificationContent,
  type NotificationWords,
  type PlannedNotification,
  planNotifications,
  unreadCount,
} from './notifications.ts'
import type { NotifierTabs } from './notifier-tabs.ts'

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
  /** The other tabs of the account. */
  readonly tabs: Pick<NotifierTabs, 'join' | 'watch' | 'shallTell'>
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

  /** Reads what another tab chose. */
  reload(): void {
    const [content, permission] = [readContent(this.#ports.storage), this.#browser.permission()]
    const { snapshot } = this.#store
    if (content !== snapshot.content || permission !== snapshot.permission) this.#store.set({ content, permission })
  }

  /** Follows the conversations of a client that is ready; `scope`: one for each account. Returns what ends that. */
  follow(conversations: Client['conversations'], scope: string): () => void {
    const leave = this.#ports.tabs.join(scope)
    this.#watch()
    const stop = conversations.subscribe((list) => this.#change(list))
    return () => {
      stop()
      leave()
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
    this.#watch()
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
    for (const notification of plan.show) this.#do(this.#tell(notification))
    for (const conversation of plan.close) this.#do(this.#browser.close(conversation))
  }

  /** Unless another tab tells, or somebody looks at it in one, or has read it meanwhile. */
  async #tell({ conversation, title, body }: PlannedNotification): Promise<void> {
    if (!(await this.#ports.tabs.shallTell(conversation))) return
    const isUnread = this.#before?.some(({ id, unread }) => id === conversation && unread > 0)
    if (isUnread) await this.#browser.show({ tag: conversation, title, body, hash: hashOf(conversation) })
  }

  #watch(): void {
    this.#ports.tabs.watch(this.#browser.isWatched() ? this.#open : undefined)
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
