import { test } from 'node:test'
import { expect } from 'expect'
import { imageTypeOf, isPicture, nameToSave, pictureText } from './image-kind.ts'

const file = { index: 0, isVoice: false }
const utf8 = (text: string) => new TextEncoder().encode(text)

test('only bytes of raster images are images, whatever their sender calls them', () => {
  expect(imageTypeOf(Uint8Array.of(0xff, 0xd8, 0xff, 0xe1))).toBe('image/jpeg')
  expect(imageTypeOf(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a))).toBe('image/png')
  expect(imageTypeOf(utf8('GIF89a'))).toBe('image/gif')
  expect(imageTypeOf(utf8('RIFF\0\0\0\0WEBPVP8 '))).toBe('image/webp')
  for (const other of [
    '',
    'RIFF\0\0\0\0WAVEfmt ',
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    '<!doctype html>',
    'BM',
    '%PDF-',
  ])
    expect(imageTypeOf(utf8(other))).toBe(undefined)
})

test('drawings, pages, voices and files without a type stay files', () => {
  expect(isPicture({ ...file, contentType: 'image/JPEG' })).toBe(true)
  for (const contentType of ['image/svg+xml', 'text/html', 'application/pdf', 'image/heic', ''])
    expect(isPicture({ ...file, contentType })).toBe(false)
  expect(isPicture(file)).toBe(false)
  expect(isPicture({ ...file, contentType: 'image/png', isVoice: true })).toBe(false)
})

test('a picture is read by its caption, else its name, else what it is', () => {
  expect(pictureText({ ...file, caption: 'Dusk\u202E', fileName: 'a.jpg' })).toBe('Dusk')
  expect(pictureText({ ...file, caption: ' ', fileName: 'a.jpg' })).toBe('a.jpg')
  expect(pictureText(file)).toBe('Picture')
})

test('a name that is saved has no path, hides nothing, and ends as what it is', () => {
  const saved = (fileName: string, type?: 'image/jpeg' | 'image/png') => nameToSave({ ...file, fileName }, type)
  expect(saved('../../etc/pass\u202Ewd')).toBe('_.._etc_passwd')
  expect(saved('.bashrc')).toBe('bashrc')
  expect(saved('C:\\autoexec.bat')).toBe('C__autoexec.bat')
  expect(saved('flock.html', 'image/jpeg')).toBe('flock.html.jpg')
  expect(saved('flock.JPEG', 'image/jpeg')).toBe('flock.JPEG')
  expect([saved('', 'image/png'), saved('')]).toEqual(['picture.png', 'file'])
  expect(saved(`${'long'.repeat(100)}.png`, 'image/png')).toHaveLength(120)
})
