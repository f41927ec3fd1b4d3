/** One conversation with everything that a message can have. */
import type { AccountId, ExpiryView, MessageId, MessageView, UnixMillis } from '@starling/client'
import { type SampleConversation, type SampleMessage, sampleAccountId, sampleNow } from './sample-data.ts'

const them = sampleAccountId('Wendy')
const you = sampleAccountId('You')
const minute = 60_000

const said = (ago: number, text: string, more: Partial<MessageView> = {}): SampleMessage => ({
  text,
  mine: false,
  ago: ago * minute,
  more,
})
const wrote = (
  ago: number,
  text: string,
  kind: 'stored' | 'delivered' | 'read',
  more: Partial<MessageView> = {},
): SampleMessage => ({ text, mine: true, ago: ago * minute, delivery: { kind, on: 7, of: 7 }, more })

const notice = (ago: number, mine: boolean, body: MessageView['body']): SampleMessage => ({
  text: '',
  mine,
  ago: ago * minute,
  more: { body },
})

const reaction = (emoji: string, ...authors: readonly AccountId[]) => ({ emoji, authors, mine: authors.includes(you) })
const quote = (author: AccountId, index: number, text: string): Pick<MessageView, 'quote'> => ({
  quote: {
    ref: { author, sentAt: sampleNow },
    author,
    state: 'found',
    messageId: `Wendy-${index}` as MessageId,
    text,
  },
})
const lasts = (seconds: number, left?: number): { expiry: ExpiryView } => ({
  expiry: {
    mode: 'afterRead',
    seconds,
    ...(left === undefined ? {} : { deadline: (sampleNow + left * 1000) as UnixMillis }),
  },
})

const greeting = 'Look at the pier: thousands of them, and not one collision.'
const naming = `Ask @${you}, or @${them}`

export const sampleTalk: SampleConversation = {
  name: 'Wendy',
  kind: 'contact',
  expiration: { mode: 'afterRead', seconds: 12 * 3600 },
  messages: [
    notice(95, false, { kind: 'notice', notice: { kind: 'requestAccepted' } }),
    said(90, greeting, { reactions: [reaction('❤️', you, them), reaction('🐦', you), reaction('😮', them)] }),
    wrote(88, 'Seven neighbours each. That is all it takes.', 'read', {
      ...quote(them, 1, greeting),
      reactions: [reaction('👍', them)],
    }),
    said(86, 'And who told you that?', {
      quote: { ref: { author: you, sentAt: sampleNow }, author: you, state: 'missing' },
    }),
    wrote(80, naming, 'delivered', {
      mentions: [
        { account: you, start: 4, end: 4 + 67, isSelf: true },
        { account: them, start: naming.length - 67, end: naming.length, isSelf: false },
      ],
    }),
    said(70, '', { deleted: true }),
    said(69, '', { body: { kind: 'unsupported' } }),
    said(66, 'The programme', {
      attachments: [
        {
          index: 0,
          size: 412_000,
          contentType: 'application/pdf',
          fileName: 'programme of the evening.pdf',
          isVoice: false,
        },
        { index: 1, size: 90_000, contentType: 'audio/aac', isVoice: true },
      ],
    }),
    said(60, 'It is on https://example.org/starlings', {
      previews: [{ url: 'https://example.org/starlings', title: 'Why starlings fly in murmurations' }],
    }),
    notice(50, false, {
      kind: 'notice',
      notice: { kind: 'timerChanged', expiration: { mode: 'afterSend', seconds: 86_400 } },
    }),
    notice(49, true, {
      kind: 'notice',
      notice: { kind: 'timerChanged', expiration: { mode: 'afterRead', seconds: 12 * 3600 } },
    }),
    notice(48, false, { kind: 'notice', notice: { kind: 'screenshot' } }),
    notice(47, false, { kind: 'notice', notice: { kind: 'mediaSaved' } }),
    said(40, 'This one goes in two hours', lasts(12 * 3600, 2 * 3600)),
    wrote(20, 'This one has hardly begun', 'read', lasts(12 * 3600, 11 * 3600)),
    wrote(2, 'This one waits to be read', 'stored', lasts(12 * 3600)),
    {
      text: 'And this one waits for the network',
      mine: true,
      ago: minute,
      delivery: { kind: 'queued', waitingForNetwork: true, of: 7 },
      more: lasts(12 * 3600),
    },
  ],
}
