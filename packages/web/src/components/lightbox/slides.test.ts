import { test } from 'node:test'
import { expect } from 'expect'
import { sampleAccountId, sampleMessages, sampleNow } from '../../testing/sample-data.ts'
import { samplePictures } from '../../testing/sample-pictures.ts'
import { findSlide, placeOf, slidesOf } from './slides.ts'

const messages = sampleMessages(samplePictures, sampleAccountId('You'), sampleNow)

test('all pictures of the chat stand in their order, and files that are none are left out', () => {
  const slides = slidesOf(messages)
  expect(slides).toHaveLength(5 + 2 + 3 + 4 + 5 + 6 + 11 + 5 + 1)
  expect(slides.every(({ attachment }) => attachment.contentType !== 'image/svg+xml')).toBe(true)
  for (const [index, slide] of slides.entries()) expect(findSlide(slides, placeOf(slide))).toBe(index)
  expect(findSlide(slidesOf([]), placeOf(slides[0]!))).toBe(-1)
})
