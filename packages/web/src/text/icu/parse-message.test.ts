import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { printMessage } from '../pseudo.ts'
import { type Message, type Part, parseMessage } from './parse-message.ts'

const failure = (text: string) => {
  try {
    parseMessage(text)
    return 'none'
  } catch (error) {
    return (error as { code?: string }).code
  }
}

test('text, parameters, numbers and dates are told apart', () => {
  expect(parseMessage('{name}: {n, number, integer} on {at, date, long} at { at , time }.')).toEqual([
    { kind: 'argument', name: 'name' },
    { kind: 'text', text: ': ' },
    { kind: 'number', name: 'n', style: 'integer' },
    { kind: 'text', text: ' on ' },
    { kind: 'date', name: 'at', style: 'long' },
    { kind: 'text', text: ' at ' },
    { kind: 'time', name: 'at', style: 'medium' },
    { kind: 'text', text: '.' },
  ])
})

test('choices nest, and # stands for the innermost number', () => {
  const [outer] = parseMessage('{who, select, me {{n, plural, offset:1 =0 {#} other {{who} #}}} other {#}}')
  const inner = outer?.kind === 'select' ? outer.options.get('me')?.[0] : undefined
  expect(outer?.kind === 'select' && outer.options.get('other')).toEqual([{ kind: 'text', text: '#' }])
  expect(inner?.kind === 'plural' && [...inner.options.keys()]).toEqual(['=0', 'other'])
  expect(inner?.kind === 'plural' && inner.options.get('other')).toEqual([
    { kind: 'argument', name: 'who' },
    { kind: 'text', text: ' ' },
    { kind: 'count', name: 'n', offset: 1 },
  ])
})

test('an apostrophe is itself unless it stands before what it quotes', () => {
  const text = (message: string) => parseMessage(message)
  expect(text("don't, it''s")).toEqual([{ kind: 'text', text: "don't, it's" }])
  expect(text("'{'n'}' # '{it''s}'")).toEqual([{ kind: 'text', text: "{n} # {it's}" }])
  expect(text("{n, plural, other {'#'1 is #}}")[0]).toMatchObject({ kind: 'plural' })
})

test('what is not a message is refused', () => {
  const wrong = [
    '{',
    '}',
    '{}',
    '{name',
    '{a b}',
    '{n, count}',
    '{n, number, roman}',
    '{n, plural}',
    '{n, plural, one {#}}',
    '{n, plural, some {#} other {#}}',
    '{n, plural, other {#} other {#}}',
    '{n, plural, offset:x other {#}}',
    '{n, select, a {b}}',
    "'{ without an end",
  ]
  expect(wrong.map((text) => [text, failure(text)])).toEqual(wrong.map((text) => [text, 'message_syntax']))
})

test('a message that is written down and read again is the same', () => {
  const name = fc.constantFrom('name', 'n', 'at')
  const { message } = fc.letrec<{ message: Message; part: Part }>((tie) => ({
    message: fc.array(tie('part'), { maxLength: 4 }).map(joinTexts),
    part: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.record({ kind: fc.constant('text' as const), text: fc.string({ minLength: 1 }) }),
      fc.record({ kind: fc.constant('argument' as const), name }),
      fc.record({ kind: fc.constant('number' as const), name, style: fc.constantFrom('decimal', 'percent') }),
      fc.record({
        kind: fc.constantFrom('plural' as const, 'selectordinal' as const),
        name,
        offset: fc.nat(3),
        options: fc.tuple(tie('message'), tie('message')).map(
          ([exact, other]) =>
            new Map([
              ['=1', exact],
              ['other', other],
            ]),
        ),
      }),
      fc.record({
        kind: fc.constant('select' as const),
        name,
        options: fc.tuple(tie('message'), tie('message')).map(
          ([some, other]) =>
            new Map([
              ['some', some],
              ['other', other],
            ]),
        ),
      }),
    ) as fc.Arbitrary<Part>,
  }))
  fc.assert(fc.property(message, (parts) => expect(parseMessage(printMessage(parts))).toEqual(parts)))
})

/** Two texts beside each other are read as one. */
function joinTexts(parts: Message): Message {
  const joined: Part[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (part.kind === 'text' && last?.kind === 'text')
      joined[joined.length - 1] = { kind: 'text', text: last.text + part.text }
    else joined.push(part)
  }
  return joined
}
