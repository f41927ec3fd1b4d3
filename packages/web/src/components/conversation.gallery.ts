import type { ConversationId, MessageId } from '@starling/client'
import { mount } from 'svelte'
import { type GalleryState, type GalleryStates, show } from '../gallery/gallery-state.ts'
import { FakeClient, type FakeClientOptions } from '../testing/fake-client.ts'
import {
  longConversation,
  type SampleConversation,
  sampleAccountId,
  sampleConversations,
  sampleNow,
} from '../testing/sample-data.ts'
import { sampleNetwork } from '../testing/sample-network.ts'
import { sampleTalk } from '../testing/sample-talk.ts'
import AddContactDialog from './add-contact/AddContactDialog.svelte'
import Parts from './conversation/Parts.svelte'
import Stage from './conversation/Stage.svelte'
import LinkDialog from './link-dialog/LinkDialog.svelte'

const idOf = (name: string): ConversationId => sampleAccountId(name) as string as ConversationId

const stage = (name: string, options: FakeClientOptions & { details?: boolean; other?: string } = {}): GalleryState =>
  show(Stage, () => ({
    client: new FakeClient(options),
    id: idOf(name),
    details: options.details ?? false,
    ...(options.other === undefined ? {} : { other: idOf(options.other) }),
  }))

/** A dialog stands apart from the page: an empty one lies below it. */
const addContact =
  (initial?: string): GalleryState =>
  (target) => {
    target.append(document.createElement('main'))
    mount(AddContactDialog, {
      target,
      props: {
        open: true,
        client: new FakeClient(),
        own: sampleAccountId('You'),
        base: 'https://starling.example/',
        onopen: () => {},
        ...(initial === undefined ? {} : { initial }),
      },
    })
  }

const said = (ago: number, text: string) => ({ text, mine: false, ago: ago * 60_000 })
const hostile: SampleConversation = {
  name: 'Mallory',
  kind: 'contact',
  messages: [
    said(30, '\u202Eevil\u202C override, \u2067isolate without an end'),
    said(28, '<img src=x onerror=alert(1)> &amp; <b>bold?</b> javascript:alert(1)'),
    said(27, 'שלום, מה שלומך היום? ניפגש ליד המזח בשעה תשע.'),
    said(
      26,
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    ),
    said(
      24,
      `Zalgo: ${[...'he comes'].map((letter) => letter + '\u0334\u0321\u031B\u0315\u0340'.repeat(12)).join('')}`,
    ),
    said(23, 'Look: https://www.xn--80ak6aa92e.com/login, www.example.org and http://paypal.com@example.org/pay?a=b'),
    said(22, 'انظر https://example.org/صفحة?a=1 ثم أخبرني'),
    said(20, 'Z̴̡̛a̵̢͝l̷̨̛g̶̡̛ǫ̷̛ and https://example.org/tracking-pixel.png'),
    {
      text: 'line one\n\nline three\n    indented',
      mine: true,
      ago: 60_000,
      delivery: { kind: 'stored', on: 0, of: 3 },
    },
  ],
}

const long = longConversation(3000)
const far = sampleAccountId('Alice')
/** The latest message answers one of the first. */
const farQuote: SampleConversation = {
  ...long,
  messages: [
    ...long.messages,
    {
      ...said(1, 'As I said back then'),
      more: {
        quote: {
          ref: { author: far, sentAt: sampleNow },
          author: far,
          state: 'found',
          messageId: 'Alice-3' as MessageId,
          text: long.messages[3]?.text ?? '',
        },
      },
    },
  ],
}

/** The question before a link, on an empty page. */
const asksFor =
  (url: string): GalleryState =>
  (target) => {
    target.append(document.createElement('main'))
    mount(LinkDialog, { target, props: { url, onclose: () => {} } })
  }

export const states: GalleryStates = {
  link: asksFor('https://example.org/a/page?with=parameters#and-a-place'),
  'link-lookalike': asksFor('https://www.аррӏе.com/'),
  'link-mixed': asksFor('https://раураl.com/'),
  'link-foreign': asksFor('https://münchen.de/'),
  'link-disguised': asksFor(`http://paypal.com@example.org/${'long/'.repeat(60)}`),
  'conversation-parts': (target) => {
    mount(Parts, { target })
  },
  conversation: stage('Wendy', { details: true }),
  'conversation-talk': stage('Wendy', { conversations: [sampleTalk] }),
  'conversation-typing': stage('Wendy', { conversations: [{ ...sampleTalk, typing: true }] }),
  'conversation-rate': stage('Wendy', { conversations: [sampleTalk], failing: { react: 'rate_limited' } }),
  'conversation-far-quote': stage('Alice', { conversations: [farQuote] }),
  'conversation-note': stage('You'),
  'conversation-failed-message': stage('Priya'),
  'conversation-draft': stage('Dave'),
  'conversation-blocked': stage('Mallory'),
  'conversation-request': stage('Grace'),
  'conversation-unsupported': stage('Oluwaseun'),
  'conversation-hostile': stage('Mallory', { conversations: [hostile] }),
  'conversation-long': stage('Alice', {
    conversations: [longConversation(10_000), ...sampleConversations],
    other: 'Jun',
  }),
  'conversation-long-unread': stage('Alice', { conversations: [{ ...longConversation(10_000), unread: 40 }] }),
  'conversation-empty': stage('Zoe', { conversations: [{ name: 'Zoe', kind: 'contact', messages: [] }] }),
  'conversation-offline': stage('Wendy', {
    details: true,
    network: sampleNetwork.offline('no_node_reachable', sampleNow),
  }),
  'conversation-unopened': stage('Wendy', { failing: { history: 'store_unreadable' } }),
  'conversation-send-fails': stage('Wendy', { failing: { send: 'store_unavailable' } }),
  'add-contact': addContact(),
  'add-contact-wrong': addContact('05a1b2'),
  'add-contact-found': addContact(sampleAccountId('Zoe')),
  'add-contact-own': addContact(sampleAccountId('You')),
}
