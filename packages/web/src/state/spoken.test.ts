import { test } from 'node:test'
import { expect } from 'expect'
import { type ChosenLanguage, loadSpeech } from '../text/languages.ts'
import type { Speech } from '../text/speech.ts'
import { t } from '../text/t.ts'
import { createPreferences } from './preferences.ts'
import { createSpoken } from './spoken.ts'

const stage = (load: (chosen: ChosenLanguage) => Promise<Speech> = loadSpeech) => {
  const root = { lang: '', dir: '' }
  const { language } = createPreferences({ dataset: {} }, undefined)
  return {
    root,
    language,
    spoken: createSpoken({ root, preferences: { language }, wanted: () => ['ar-EG', 'de'], load }),
  }
}

test('the system is followed until a language is chosen, and the document says which', async () => {
  const { root, language, spoken } = stage()
  await spoken.ready
  expect([root, spoken.snapshot.language, t('dialog.close')]).toEqual([{ lang: 'ar', dir: 'rtl' }, 'ar', 'إغلاق'])
  language.choose('de')
  await spoken.ready
  expect([root, t('dialog.close')]).toEqual([{ lang: 'de', dir: 'ltr' }, 'Schließen'])
  language.choose('en')
  await spoken.ready
  expect(t('dialog.close')).toBe('Close')
})

test('who chooses again while texts are loading gets the last choice', async () => {
  const waiting = new Map<string, PromiseWithResolvers<void>>()
  const { language, spoken } = stage(async (chosen) => {
    const gate = Promise.withResolvers<void>()
    waiting.set(chosen.language, gate)
    await gate.promise
    return loadSpeech(chosen)
  })
  const first = spoken.ready
  language.choose('en')
  waiting.get('en')?.resolve()
  await spoken.ready
  waiting.get('ar')?.resolve()
  await first
  expect(spoken.snapshot).toEqual({ language: 'en', failed: false })
})

test('a language that cannot be loaded leaves the one before, and says so', async () => {
  const { language, spoken } = stage((chosen) =>
    chosen.language === 'en' ? loadSpeech(chosen) : Promise.reject(new TypeError('no network')),
  )
  await spoken.ready
  expect(spoken.snapshot).toEqual({ language: 'en', failed: true })
  language.choose('en')
  await spoken.ready
  expect([spoken.snapshot, t('dialog.close')]).toEqual([{ language: 'en', failed: false }, 'Close'])
})
