import { test } from 'node:test'
import { expect } from 'expect'
import { type ComposingDocument, createComposing, type FocusedElement } from './composing.ts'

function page() {
  const target = new EventTarget()
  let focused: FocusedElement | null = null
  const document: ComposingDocument = {
    get activeElement() {
      return focused
    },
    addEventListener: (type, listener) => target.addEventListener(type, listener),
  }
  const composing = createComposing(document)
  const told: boolean[] = []
  composing.subscribe((value) => told.push(value))
  return {
    composing,
    told,
    focus(element: FocusedElement | null) {
      focused = element
      target.dispatchEvent(new Event(element === null ? 'focusout' : 'focusin'))
    },
    tell: (type: string) => target.dispatchEvent(new Event(type)),
  }
}

const field = (value: string, tagName = 'TEXTAREA', type = 'textarea') => ({ tagName, type, value })

test('a field with something in it that has the focus is a composition; an empty one is none', () => {
  const { composing, focus } = page()
  for (const [element, expected] of [
    [field('hello'), true],
    [field(''), false],
    [field('Ada', 'INPUT', 'text'), true],
    [field('on', 'INPUT', 'checkbox'), false],
    [{ tagName: 'DIV', isContentEditable: true, textContent: 'x' }, true],
    [{ tagName: 'DIV', isContentEditable: true, textContent: ' ' }, false],
    [{ tagName: 'BUTTON', textContent: 'Send' }, false],
  ] as const) {
    focus(element)
    expect(composing.snapshot).toBe(expected)
  }
})

test('it begins with the first key and ends when the field is left', async () => {
  const { told, focus, tell } = page()
  const draft = { ...field('') }
  focus(draft)
  draft.value = 'h'
  tell('input')
  expect(told).toEqual([false, true])
  focus(null)
  await Promise.resolve()
  expect(told).toEqual([false, true, false])
})

test('a word that an input method has begun counts although nothing is in the field yet', () => {
  const { composing, focus, tell } = page()
  focus(field(''))
  tell('compositionstart')
  expect(composing.snapshot).toBe(true)
  tell('compositionend')
  expect(composing.snapshot).toBe(false)
})
