import { test } from 'node:test'
import { type Millis, millis, seconds } from '@starling/protocol'
import { seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { PollPace } from './poll-pace.ts'

test('polls come every two seconds in a talk, and at most a twentieth of the silence and 20 s apart', async () => {
  const property = fc.asyncProperty(fc.integer({ min: 0, max: 86_400_000 }), fc.nat(), async (silence, seed) => {
    const clock = new VirtualClock()
    const pace = new PollPace({ clock, random: seededRandom(seed) })
    await clock.advance(millis(silence))
    const within = (pause: Millis, middle: number) => {
      expect(pause).toBeGreaterThanOrEqual(middle * 0.89)
      expect(pause).toBeLessThanOrEqual(middle * 1.11)
    }
    within(pace.next(), Math.min(seconds(20), Math.max(seconds(2), silence / 20)))
    pace.noteActivity()
    within(pace.next(), seconds(2))
  })
  await fc.assert(property)
})
