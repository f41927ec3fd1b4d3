/** Pictures in chats, in full size and on their way out, in the gallery: a fake client, a real browser. */
import { test } from 'node:test'
import { expect } from 'expect'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { violationsOn } from '../testing/axe.ts'
import { segmentsOf, withExif } from '../testing/exif-jpeg.ts'
import { type Look, noChromium, onState } from '../testing/gallery-browser.ts'

type Stage = {
  readonly client: {
    readonly reportedSaved: string[]
    readonly files: { isOffline: boolean; upload(file: { bytes: Uint8Array }, options: object): Promise<unknown> }
  }
}

/** A state of a chat on a page of its own, with its messages in place. */
function inChat(state: string, look: Look, use: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  return onState(state, look, async (page, context) => {
    await page.locator('[role=log].placed').waitFor()
    await use(page, context)
  })
}

/** The message with this text, in sight and at rest: rows come, go and are measured while the log is scrolled. */
async function message(page: Page, text: string): Promise<Locator> {
  const found = page.getByRole('article').filter({ hasText: text }).first()
  const log = page.getByRole('log')
  const topOf = () => found.evaluateAll(([article]) => article?.getBoundingClientRect().top)
  if ((await found.count()) === 0) await log.evaluate((viewport) => viewport.scrollTo(0, 0))
  let still = 0
  for (let turn = 0, before = await topOf(); turn < 600 && still < 10; turn++) {
    await page.evaluate(() => new Promise(requestAnimationFrame))
    const top = await topOf()
    still = top !== undefined && top === before && top > 60 && top < 700 ? still + 1 : 0
    before = top
    if (top === undefined) await log.evaluate((viewport) => viewport.scrollBy(0, 100))
    else if (still === 0) await found.evaluateAll(([article]) => article?.scrollIntoView({ block: 'center' }))
  }
  if (still < 10) throw new Error(`there is no message ${text} at rest`)
  return found
}

async function loadFlock(page: Page): Promise<Locator> {
  const flock = await message(page, 'The whole flock')
  await flock.getByRole('button', { name: /^Load Starlings over the pier at dusk/ }).click()
  const tile = flock.getByRole('button', { name: 'Open Starlings over the pier at dusk' })
  await tile.waitFor()
  return tile
}

async function openFlock(page: Page): Promise<Locator> {
  await (await loadFlock(page)).click()
  const box = page.getByRole('dialog', { name: 'Pictures of this chat' })
  await box.getByRole('img', { name: 'Starlings over the pier at dusk' }).waitFor()
  return box
}

const stageOf = <T>(page: Page, use: (stage: Stage) => T) =>
  page.evaluate(`(${use.toString()})(globalThis.stage)`) as Promise<T>
const transformOf = (box: Locator) =>
  box.getByRole('img').evaluate((image) => new DOMMatrix(getComputedStyle(image).transform).toFloat64Array()[0] ?? 0)

async function axe(page: Page): Promise<void> {
  expect(await violationsOn(page, { of: 'part' })).toEqual([])
}

test('no picture is loaded by itself; a press loads it into the box that it had before', {
  skip: noChromium,
}, async () => {
  await inChat('images', {}, async (page) => {
    const flock = await message(page, 'The whole flock')
    expect(await page.getByRole('log').locator('img').count()).toBe(0)
    const before = await flock.boundingBox()
    const tile = await loadFlock(page)
    expect(await flock.boundingBox()).toEqual(before)
    const image = tile.getByRole('img')
    expect(await image.getAttribute('src')).toMatch(/^blob:/)
    const width = await image.evaluate((shown: HTMLImageElement) => shown.decode().then(() => shown.naturalWidth))
    expect(width).toBe(1120)
  })
})

test('a grid loads with one press and says how many more there are', { skip: noChromium }, async () => {
  await inChat('images', {}, async (page) => {
    const eleven = await message(page, 'Eleven')
    expect(await eleven.getByRole('button').count()).toBe(6)
    await eleven.getByRole('button', { name: /^Load flock-1\.jpg/ }).click()
    await eleven.getByRole('button', { name: 'Open flock-6.jpg and 5 more' }).waitFor()
    expect(await eleven.locator('[data-more]').getAttribute('data-more')).toBe('+5')
    await eleven.getByRole('img').nth(5).waitFor()
    expect(await eleven.getByRole('img').count()).toBe(6)
  })
})

test('pictures of a stranger cannot be loaded at all', { skip: noChromium }, async () => {
  await inChat('images-request', {}, async (page) => {
    const flock = await message(page, 'The whole flock')
    const tile = flock.getByRole('button', { name: /Can be loaded when you have accepted/ })
    expect(await tile.isDisabled()).toBe(true)
    await message(page, 'An image that no browser')
    expect(await page.getByRole('button', { name: /^Save/ }).count()).toBe(0)
  })
})

test('a script in the clothes of a picture stays bytes, and a drawing stays a file', { skip: noChromium }, async () => {
  await inChat('images', {}, async (page) => {
    for (const text of ['A drawing that is a script', 'A page that says it is a picture']) {
      const wrong = await message(page, text)
      await wrong.getByRole('button', { name: /^Load/ }).click()
      await wrong.getByText('This is not a picture. You can save it as a file.').waitFor()
      expect(await wrong.locator('img, svg script, iframe, object, embed').count()).toBe(0)
    }
    const files = await message(page, 'An image that no browser')
    const saving = page.waitForEvent('download')
    await files.getByRole('button', { name: 'Save logo.svg' }).click()
    expect((await saving).suggestedFilename()).toBe('logo.svg')
    await files.getByText('Saved. Wendy is told.').waitFor()
    expect(await stageOf(page, (stage) => stage.client.reportedSaved)).toEqual(['Wendy-16'])
  })
})

test('what fails says why and can be tried again; what takes long can be stopped', { skip: noChromium }, async () => {
  await inChat('images', {}, async (page) => {
    const gone = await message(page, 'It was here')
    await gone.getByRole('button', { name: /^Load gone\.jpg/ }).click()
    await gone.getByText('It is no longer where it was stored.').waitFor()
    const offline = await message(page, 'Not there now')
    await offline.getByRole('button', { name: /^Load offline\.jpg/ }).click()
    await offline.getByText('It could not be loaded.').waitFor()
    await page.evaluate('stage.client.files.isOffline = false')
    await offline.getByRole('button', { name: 'offline.jpg. It could not be loaded. Try again.' }).click()
    await offline.getByRole('button', { name: 'Open offline.jpg' }).waitFor()
    const slow = await message(page, 'On its way')
    await slow.getByRole('button', { name: /^Load slow\.jpg/ }).click()
    await slow.getByRole('button', { name: /^Stop loading slow\.jpg/ }).click()
    await slow.getByRole('button', { name: /^Load slow\.jpg/ }).waitFor()
  })
})

test('without a place for files a picture says so', { skip: noChromium }, async () => {
  await inChat('images-no-place', {}, async (page) => {
    const flock = await message(page, 'The whole flock')
    await flock.getByRole('button', { name: /^Load/ }).click()
    await flock.getByText('Files cannot be opened yet').waitFor()
  })
})

test('full size: arrows and buttons walk, Escape leads back to the picture, Tab stays inside', {
  skip: noChromium,
}, async () => {
  await inChat('images', {}, async (page) => {
    const box = await openFlock(page)
    await box.getByText('1 of 42', { exact: true }).waitFor()
    await box.locator('header').getByText('Wendy').waitFor()
    await box.locator('header').getByText('Today, 20:24').waitFor()
    await box.locator('footer').getByText('Starlings over the pier at dusk').waitFor()
    await axe(page)
    expect(await box.getByRole('button', { name: 'Previous picture' }).count()).toBe(0)
    await page.keyboard.press('ArrowRight')
    await box.getByText('2 of 42', { exact: true }).waitFor()
    await box.locator('header').getByText('You').waitFor()
    await box.getByRole('button', { name: 'Next picture' }).click()
    await box.getByText('3 of 42', { exact: true }).waitFor()
    await page.keyboard.press('ArrowLeft')
    await box.getByRole('button', { name: 'Previous picture' }).click()
    await box.getByText('1 of 42', { exact: true }).waitFor()
    for (let turn = 0; turn < 8; turn++) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.closest("[role=dialog]") !== null')).toBe(true)
    }
    await page.keyboard.press('Escape')
    await box.waitFor({ state: 'detached' })
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-picture') === '0')
  })
})

test('full size: keys, wheel, double click and two fingers make it larger, and it can be drawn', {
  skip: noChromium,
}, async () => {
  await inChat('images', { width: 390 }, async (page, context) => {
    const box = await openFlock(page)
    const scale = () => transformOf(box)
    await page.keyboard.press('+')
    expect(await scale()).toBeCloseTo(1.4)
    await page.keyboard.press('-')
    expect(await scale()).toBe(1)
    await box.getByRole('img').dblclick()
    expect(await scale()).toBe(2.5)
    const before = await box.getByRole('img').boundingBox()
    await page.mouse.move(200, 400)
    await page.mouse.down()
    await page.mouse.move(150, 400, { steps: 4 })
    await page.mouse.up()
    expect((await box.getByRole('img').boundingBox())!.x).toBeCloseTo(before!.x - 50, 0)
    await page.keyboard.press('0')
    expect(await scale()).toBe(1)
    await page.mouse.wheel(0, -300)
    await page.waitForFunction(() => {
      const picture = document.querySelector('[role=dialog] img')
      return picture !== null && new DOMMatrix(getComputedStyle(picture).transform).a === 2
    })
    await page.keyboard.press('0')
    const devtools = await context.newCDPSession(page)
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', far: number) =>
      devtools.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [195 - far, 195 + far].map((x, id) => ({ x, y: 420, id })),
      })
    await touch('touchStart', 20)
    for (const far of [30, 45, 60]) await touch('touchMove', far)
    await touch('touchEnd', 60)
    expect(await scale()).toBeGreaterThan(2)
    await page.keyboard.press('0')
    for (const [type, x] of [
      ['touchStart', 300],
      ['touchMove', 200],
      ['touchMove', 150],
      ['touchEnd', 150],
    ] as const) {
      const touchPoints = type === 'touchEnd' ? [] : [{ x, y: 420 }]
      await devtools.send('Input.dispatchTouchEvent', { type, touchPoints })
    }
    await box.getByText('2 of 42', { exact: true }).waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })
})

test('a picture is saved as what it is, and its sender is told', { skip: noChromium }, async () => {
  await inChat('images', {}, async (page) => {
    const box = await openFlock(page)
    const saving = page.waitForEvent('download')
    await box.getByRole('button', { name: 'Save' }).click()
    expect((await saving).suggestedFilename()).toBe('flock-1.jpg')
    await box.getByText('Saved. Wendy is told.').waitFor()
    expect(await stageOf(page, (stage) => stage.client.reportedSaved)).toEqual(['Wendy-0'])
  })
})

test('from right to left the left arrow leads on', { skip: noChromium }, async () => {
  await inChat('images', { query: 'language=ar', theme: 'dark' }, async (page) => {
    const flock = await message(page, 'The whole flock')
    await flock.getByRole('button', { name: /^تحميل/ }).click()
    await flock.getByRole('button', { name: /^فتح/ }).click()
    const box = page.getByRole('dialog')
    await box
      .getByText('1 من 42', { exact: true })
      .or(box.getByText('١ من ٤٢', { exact: true }))
      .waitFor()
    await page.keyboard.press('ArrowLeft')
    await box
      .getByText('2 من 42', { exact: true })
      .or(box.getByText('٢ من ٤٢', { exact: true }))
      .waitFor()
  })
})

/** A JPEG of the page, 60 × 40 pixels. */
async function paint(page: Page): Promise<Uint8Array> {
  const bytes: number[] = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(60, 40)
    canvas.getContext('2d')!.fillRect(0, 0, 30, 20)
    const blob = await canvas.convertToBlob({ type: 'image/jpeg' })
    return [...new Uint8Array(await blob.arrayBuffer())]
  })
  return Uint8Array.from(bytes)
}

/** Hands files to the page as a paste into the field, or as a drop on the chat. */
async function give(
  page: Page,
  how: 'paste' | 'drop',
  files: readonly { name: string; type: string; bytes: Uint8Array }[],
) {
  await page.evaluate(
    ({ how, files }) => {
      const data = new DataTransfer()
      for (const { name, type, bytes } of files) data.items.add(new File([Uint8Array.from(bytes)], name, { type }))
      const options = { bubbles: true, cancelable: true }
      if (how === 'paste') {
        const event = new ClipboardEvent('paste', { ...options, clipboardData: data })
        document.querySelector('textarea')?.dispatchEvent(event)
      } else
        document.querySelector('[role=log]')?.dispatchEvent(new DragEvent('drop', { ...options, dataTransfer: data }))
    },
    { how, files: files.map(({ name, type, bytes }) => ({ name, type, bytes: [...bytes] })) },
  )
}

test('a pasted photo is sent without where and with what it was taken, turned as it was held', {
  skip: noChromium,
}, async () => {
  await inChat('images', {}, async (page) => {
    const photo = withExif(await paint(page))
    expect(segmentsOf(photo)).toContain(0xe1)
    await page.evaluate(() => {
      const { stage } = globalThis as unknown as { stage: Stage & { sent: unknown[] } }
      stage.sent = []
      const { upload } = stage.client.files
      stage.client.files.upload = (file, options) => {
        stage.sent.push({ ...file, bytes: [...file.bytes] })
        return upload(file, options)
      }
    })
    await give(page, 'paste', [{ name: 'photo.jpg', type: 'image/jpeg', bytes: photo }])
    const staged = page.getByRole('list', { name: 'Files to send' })
    await staged.locator('img').waitFor()
    await page.getByText('Where and with what an image was taken is removed before it is sent.').waitFor()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('article').last().getByRole('button', { name: 'Open photo.jpg' }).waitFor()
    const [sent] = await stageOf(page, (stage) => (stage as Stage & { sent: { bytes: number[] }[] }).sent)
    const bytes = Uint8Array.from(sent!.bytes)
    expect(sent).toMatchObject({ fileName: 'photo.jpg', contentType: 'image/jpeg', width: 40, height: 60 })
    expect(segmentsOf(bytes)).not.toContain(0xe1)
    expect(Buffer.from(bytes).includes('Exif')).toBe(false)
  })
})

test('files are dropped anywhere on the chat, keep their order, and go with progress that can be stopped', {
  skip: noChromium,
}, async () => {
  await inChat('images', {}, async (page) => {
    const bytes = await paint(page)
    const named = (name: string, type = 'image/jpeg', content = bytes) => ({ name, type, bytes: content })
    await give(page, 'drop', [
      named('1.jpg'),
      named('2.bin', '', new Uint8Array(6_000)),
      named('3.jpg'),
      named('4.jpg'),
    ])
    const staged = page.getByRole('list', { name: 'Files to send' })
    await page.getByText('Other files go as they are, with everything that is in them.').waitFor()
    await staged.getByRole('button', { name: 'Remove 3.jpg' }).click()
    await staged.locator('img').nth(1).waitFor()
    await axe(page)
    const field = page.getByRole('textbox', { name: 'Message Wendy' })
    await field.fill('three of them')
    await field.press('Enter')
    await page.getByText('Sending 3 files').waitFor()
    await axe(page)
    await field.fill('meanwhile')
    expect(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Cancel sending' }).click()
    await staged.getByText('4.jpg').waitFor()
    expect(await field.inputValue()).toBe('three of them\nmeanwhile')
    expect(await page.getByRole('alert').count()).toBe(0)
    await field.press('Enter')
    const sent = page.getByRole('article').filter({ hasText: 'three of them' })
    await sent.getByRole('button', { name: 'Open 4.jpg' }).waitFor()
    expect(await sent.getByRole('img').evaluateAll((all) => all.map((image) => image.getAttribute('alt')))).toEqual(
      expect.arrayContaining(['1.jpg', '4.jpg']),
    )
    await sent.getByText('2.bin').waitFor()
  })
})

test('an image that cannot be painted anew is not sent, and that is said', { skip: noChromium }, async () => {
  await inChat('images', {}, async (page) => {
    await give(page, 'drop', [{ name: 'broken.jpg', type: 'image/jpeg', bytes: new Uint8Array(500) }])
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByRole('alert').getByText('One of the images could not be read').waitFor()
    await page.getByRole('list', { name: 'Files to send' }).getByText('broken.jpg').waitFor()
  })
})

for (const look of [
  { width: 1440, theme: 'light' },
  { width: 390, theme: 'dark' },
] as const) {
  test(`axe finds nothing among pictures in all states, ${look.width} px, ${look.theme}`, {
    skip: noChromium,
  }, async () => {
    await inChat('images', { ...look }, async (page) => {
      for (const text of ['Eleven', 'A page that says', 'Not there now']) {
        const found = await message(page, text)
        await found.getByRole('button', { name: /^Load/ }).first().click()
        await found
          .getByRole('button', { name: /^(Open|page|offline)/ })
          .first()
          .waitFor()
        await axe(page)
      }
    })
  })
}
