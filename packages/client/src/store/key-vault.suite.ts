/** What every vault must do, in Node.js and in browsers. */
import { test } from 'node:test'
import { expect } from 'expect'
import type { KeyVault } from './key-vault.ts'

/** `open` gives vaults of one place, as two starts of the app would have them. */
export function describeKeyVault(
  name: string,
  createPlace: () => Promise<{ open(): KeyVault; remove(): Promise<void> }>,
): void {
  const vaultTest = (title: string, fn: (open: () => KeyVault) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const place = await createPlace()
      try {
        await fn(place.open)
      } finally {
        await place.remove()
      }
    })

  vaultTest('the key has 32 bytes, is made once and belongs to the caller', async (open) => {
    const vault = open()
    const first = await vault.open()
    expect(first.length).toBe(32)
    const copy = first.slice()
    first.fill(0)
    expect(copy).not.toEqual(first)
    expect(await vault.open()).toEqual(copy)
    expect(await open().open()).toEqual(copy)
  })

  vaultTest('two first starts at once agree on one key', async (open) => {
    const keys = await Promise.all([open().open(), open().open(), open().open()])
    expect(keys[1]).toEqual(keys[0])
    expect(keys[2]).toEqual(keys[0])
  })

  vaultTest(
    'what replaces the key is there from then on, also after another start, until it is erased',
    async (open) => {
      const key = await open().open()
      for (const content of [new Uint8Array(109).fill(7), new Uint8Array(1000).fill(8), key]) {
        const given = content.slice()
        await open().replace(given)
        given.fill(0)
        expect(await open().open()).toEqual(content)
      }
      await open().replace(new Uint8Array(109))
      await open().erase()
      expect((await open().open()).length).toBe(32)
    },
  )

  vaultTest('an erased key is gone, and the next one is another; erasing twice is no error', async (open) => {
    const key = await open().open()
    await open().erase()
    await open().erase()
    expect(await open().open()).not.toEqual(key)
  })
}
