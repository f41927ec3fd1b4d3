import { test } from 'node:test'
import { unixMillis } from '@starling/client'
import { expect } from 'expect'
import { isMutedAt, muteChange, muteTimes } from './mute.ts'

const NOW = unixMillis(1_000_000)

test('a mute lasts as long as it says', () => {
  const ends = muteTimes.map((time) => muteChange(time, NOW))
  expect(ends).toEqual([
    { mutedUntil: 1_000_000 + 3_600_000 },
    { mutedUntil: 1_000_000 + 28_800_000 },
    { mutedUntil: 1_000_000 + 604_800_000 },
    { muted: true },
  ])
})

test('a mute that is over does not show as one', () => {
  const muted = { muted: true, mutedUntil: unixMillis(1_000_001) }
  expect([isMutedAt(muted, NOW), isMutedAt(muted, unixMillis(1_000_001))]).toEqual([true, false])
  expect([isMutedAt({ muted: true }, NOW), isMutedAt({ muted: false }, NOW)]).toEqual([true, false])
})
