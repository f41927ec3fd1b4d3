import { test } from 'node:test'
import { days, fromUtf8, minutes, seconds, toHex, utf8 } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { MemoryDisk, MemoryStore } from './memory-store.ts'
import { MemoryVault } from './memory-vault.ts'
import type { SealedStore } from './sealed-store.ts'
import { StoreError } from './store-error.ts'
import { StoreLock } from './store-lock.ts'

const name = { table: 3, partition: 'bob', sort: Uint8Array.of(1) }
const passphraseError = (code: string) => expect.objectContaining({ name: 'PassphraseError', code })
const storeError = (code: string) => expect.objectContaining({ name: 'StoreError', code })

/** As little as Argon2 allows: these tests are about the lock. */
const passphraseCost = { memoryKib: 8, passes: 1 }

class FailingVault extends MemoryVault {
  writesLeft = Number.POSITIVE_INFINITY
  override async replace(content: Uint8Array): Promise<void> {
    if (this.writesLeft-- <= 0) throw new StoreError('io')
    await super.replace(content)
  }
}

class Device {
  readonly disk = new MemoryDisk()
  readonly clock = new VirtualClock()
  readonly random = seededRandom(5)
  readonly vault = new FailingVault(this.random)
  readonly crypto = createNativeCrypto()

  open(): Promise<StoreLock> {
    const { vault, crypto, random, clock } = this
    return StoreLock.open({ store: new MemoryStore(this.disk), vault, crypto, random, clock, passphraseCost })
  }

  /** With a record, and then closed. */
  async lockedWith(passphrase: string): Promise<void> {
    await using lock = await this.open()
    const store = await lock.enter()
    await store.write([{ kind: 'put', name, value: utf8('hello') }])
    await lock.setPassphrase(undefined, passphrase)
  }
}

async function readFrom(store: SealedStore): Promise<string> {
  const text = fromUtf8((await store.get(name))!)
  await store[Symbol.asyncDispose]()
  return text
}

test('without a passphrase the store opens by itself; with one only the passphrase opens it', async () => {
  const device = new Device()
  await device.lockedWith('correct horse')
  await using lock = await device.open()
  expect(lock.hasPassphrase).toBe(true)
  await expect(lock.enter()).rejects.toEqual(passphraseError('empty'))
  await expect(lock.unlock('wrong horse')).rejects.toEqual(passphraseError('wrong'))
  expect(await readFrom(await lock.unlock('correct horse'))).toBe('hello')
  expect(await readFrom(await lock.unlock('correct horse'))).toBe('hello')
})

test('letters count as they look, however they were typed', async () => {
  const device = new Device()
  await device.lockedWith('Zürich')
  await using lock = await device.open()
  expect(await readFrom(await lock.unlock('Zu\u0308rich'))).toBe('hello')
})

test('a change wraps the same key anew and touches no record; a removal leaves it bare', async () => {
  const device = new Device()
  await device.lockedWith('first')
  const records = [...device.disk.records].map(([key, value]) => key + toHex(value))
  const before = await device.vault.open()
  {
    await using lock = await device.open()
    await expect(lock.setPassphrase('other', 'second')).rejects.toEqual(passphraseError('wrong'))
    await expect(lock.setPassphrase(undefined, 'second')).rejects.toEqual(passphraseError('empty'))
    await lock.setPassphrase('first', 'second')
    await expect(lock.unlock('first')).rejects.toEqual(passphraseError('wrong'))
    expect(await readFrom(await lock.unlock('second'))).toBe('hello')
    expect(await device.vault.open()).not.toEqual(before)
    await lock.setPassphrase('second', undefined)
    expect((await device.vault.open()).length).toBe(32)
  }
  await using lock = await device.open()
  expect(lock.hasPassphrase).toBe(false)
  await expect(lock.unlock('second')).rejects.toEqual(passphraseError('none'))
  expect(await readFrom(await lock.enter())).toBe('hello')
  expect([...device.disk.records].map(([key, value]) => key + toHex(value))).toEqual(records)
})

test('after three wrong passphrases every further one costs more time, also after a restart, and no data', async () => {
  const device = new Device()
  await device.lockedWith('right')
  let wait = seconds(5) as number
  for (let attempt = 1; attempt <= 12; attempt++) {
    await using lock = await device.open()
    await expect(lock.unlock(`wrong ${attempt}`)).rejects.toEqual(passphraseError('wrong'))
    if (attempt < 3) {
      expect(lock.retryAt).toBeUndefined()
      continue
    }
    const before = device.clock.now()
    expect(lock.retryAt).toBe(before + wait)
    await lock[Symbol.asyncDispose]()
    await using again = await device.open()
    await expect(again.unlock('right')).rejects.toEqual(
      expect.objectContaining({ code: 'too_soon', retryAt: before + wait }),
    )
    await device.clock.advance(wait as ReturnType<typeof seconds>)
    wait = Math.min(wait * 2, minutes(15))
  }
  await using lock = await device.open()
  expect(await readFrom(await lock.unlock('right'))).toBe('hello')
  await expect(lock.unlock('wrong')).rejects.toEqual(passphraseError('wrong'))
  expect(lock.retryAt).toBeUndefined()
})

test('an attempt counts even if the program ends while it is tried', async () => {
  const device = new Device()
  await device.lockedWith('right')
  for (let attempt = 1; attempt <= 3; attempt++) {
    device.vault.writesLeft = 1
    await using lock = await device.open()
    // The second write would forgive it.
    await expect(lock.unlock('right')).rejects.toEqual(storeError('io'))
  }
  device.vault.writesLeft = Number.POSITIVE_INFINITY
  await using lock = await device.open()
  expect(lock.retryAt).toBe(device.clock.now() + seconds(5))
})

test('a clock that was set back does not lengthen the wait beyond one', async () => {
  const device = new Device()
  await device.clock.advance(days(30))
  await device.lockedWith('right')
  {
    await using lock = await device.open()
    for (let i = 0; i < 3; i++) await expect(lock.unlock('wrong')).rejects.toEqual(passphraseError('wrong'))
  }
  const { vault, crypto, random, disk } = device
  const clock = new VirtualClock()
  await using lock = await StoreLock.open({
    store: new MemoryStore(disk),
    vault,
    crypto,
    random,
    clock,
    passphraseCost,
  })
  await expect(lock.unlock('right')).rejects.toEqual(passphraseError('too_soon'))
  await clock.advance(seconds(5))
  expect(await readFrom(await lock.unlock('right'))).toBe('hello')
})

test('a change that fails leaves the old passphrase', async () => {
  const device = new Device()
  await device.lockedWith('old')
  for (let writes = 0; writes < 3; writes++) {
    device.vault.writesLeft = writes
    await using lock = await device.open()
    await expect(lock.setPassphrase('old', 'new')).rejects.toEqual(storeError('io'))
    device.vault.writesLeft = Number.POSITIVE_INFINITY
    await lock[Symbol.asyncDispose]()
    await using again = await device.open()
    expect(await readFrom(await again.unlock('old'))).toBe('hello')
  }
})

test('a store that was closed gives nothing, while the lock keeps the place', async () => {
  const device = new Device()
  await using lock = await device.open()
  const store = await lock.enter()
  await store.write([{ kind: 'put', name, value: utf8('hello') }])
  await store[Symbol.asyncDispose]()
  await expect(store.get(name)).rejects.toEqual(storeError('closed'))
  await expect(store.write([{ kind: 'delete', name }])).rejects.toEqual(storeError('closed'))
  expect(() => new MemoryStore(device.disk)).toThrow(expect.objectContaining({ code: 'in_use' }))
  expect(await readFrom(await lock.enter())).toBe('hello')
})

test('erasing forgets records, key and passphrase', async () => {
  const device = new Device()
  await device.lockedWith('right')
  await using lock = await device.open()
  const store = await lock.erase()
  expect(await store.get(name)).toBeUndefined()
  expect(lock.hasPassphrase).toBe(false)
})

test('passphrases out of bounds, and vaults that nobody of ours wrote, are refused', async () => {
  const device = new Device()
  await using lock = await device.open()
  await expect(lock.setPassphrase(undefined, '')).rejects.toEqual(passphraseError('empty'))
  await expect(lock.setPassphrase(undefined, 'x'.repeat(1025))).rejects.toEqual(passphraseError('too_long'))
  await expect(lock.setPassphrase('some', 'other')).rejects.toEqual(passphraseError('none'))
  await lock.setPassphrase(undefined, 'x'.repeat(1024))
  await lock[Symbol.asyncDispose]()
  const good = await device.vault.open()
  const costly = good.slice()
  costly[1] = 255
  for (const [content, code] of [
    [new Uint8Array(31), 'unreadable'],
    [good.slice(0, 50), 'unreadable'],
    [costly, 'unreadable'],
    [Uint8Array.of(2, ...good.slice(1)), 'newer_version'],
  ] as const) {
    await device.vault.replace(content)
    await expect(device.open()).rejects.toEqual(storeError(code))
    expect(device.disk.inUse).toBe(false)
  }
})
