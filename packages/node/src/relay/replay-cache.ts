/**
 * The onion layers that this hop has opened, so that nobody can have one opened twice: who recorded a request could else
 * send it again and watch where it goes. docs/protocol/onion.md §3. Two generations: the younger one takes what comes,
 * the older one is only asked, and is forgotten when the younger takes its place. That happens every hour, or as soon as
 * the younger is full; so at least the last 1,048,576 layers are known, and all of the last hour while fewer came.
 * By need: a node that relays nothing holds 16 KiB, one that relays a million layers an hour 32 MiB, and while it grows 40.
 */
import { type Crypto, hours, type LayerKey, type Millis, type RandomBytes } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

const WINDOW = hours(1)
const CAPACITY = 1_048_576
const FEWEST_SLOTS = 1_024
const WORDS = 2
/** For each number that is added: the smaller table is empty long before the larger one is half full. */
const SLOTS_MOVED = 8
const FINGERPRINT_SIZE = 16

export type ReplayCacheOptions = {
  readonly crypto: Pick<Crypto, 'blake2b'>
  readonly random: RandomBytes
  readonly clock: Pick<Clock, 'monotonic'>
  /** Layers of a generation; 1,048,576. */
  readonly capacity?: number
}

export class ReplayCache {
  readonly #options: ReplayCacheOptions
  readonly #capacity: number
  /** Without it nobody can choose keys that land in one place. */
  readonly #salt: Uint8Array
  #younger = new Generation(FEWEST_SLOTS)
  #older = new Generation(FEWEST_SLOTS)
  #since: Millis

  constructor(options: ReplayCacheOptions) {
    this.#options = options
    this.#capacity = options.capacity ?? CAPACITY
    this.#salt = options.random(FINGERPRINT_SIZE)
    this.#since = options.clock.monotonic()
  }

  /** Layers that are known. */
  get count(): number {
    return this.#younger.count + this.#older.count
  }

  /** Whether a layer with this key came before; it did, from now on. One hash. Of the key only the hash is kept. */
  seenBefore(key: LayerKey): boolean {
    const fingerprint = this.#options.crypto.blake2b(FINGERPRINT_SIZE, key, this.#salt)
    const view = new DataView(fingerprint.buffer, fingerprint.byteOffset, FINGERPRINT_SIZE)
    // 64 bits: of 2^20 layers one is mistaken for another once in 2^44 requests. Zero stands for an empty slot.
    const low = view.getUint32(0)
    const high = view.getUint32(4) || 1
    this.#age()
    return this.#older.has(low, high) || !this.#younger.add(low, high)
  }

  #age(): void {
    const now = this.#options.clock.monotonic()
    if (now - this.#since < WINDOW && this.#younger.count < this.#capacity) return
    const idle = now - this.#since >= 2 * WINDOW
    this.#older = idle ? new Generation(FEWEST_SLOTS) : this.#younger
    // As large as the last one needed: then it grows only when there is more than before.
    this.#younger = new Generation(this.#older.slots)
    this.#since = now
  }
}

/**
 * A set of 64-bit numbers, by open addressing, at most half full. It grows without a pause: the smaller table is asked as
 * well until each number that was added since has taken some of it along.
 */
class Generation {
  count = 0
  #words: Uint32Array
  #smaller: Uint32Array | undefined
  #moved = 0

  constructor(slots: number) {
    this.#words = new Uint32Array(slots * WORDS)
  }

  get slots(): number {
    return this.#words.length / WORDS
  }

  has(low: number, high: number): boolean {
    return isIn(this.#words, low, high) || (this.#smaller !== undefined && isIn(this.#smaller, low, high))
  }

  /** False, if it was there. */
  add(low: number, high: number): boolean {
    if (this.has(low, high)) return false
    put(this.#words, low, high)
    this.#move()
    if (++this.count > this.slots / 2) {
      this.#smaller = this.#words
      this.#moved = 0
      this.#words = new Uint32Array(this.#words.length * 2)
    }
    return true
  }

  #move(): void {
    const from = this.#smaller
    if (from === undefined) return
    const end = Math.min(this.#moved + SLOTS_MOVED * WORDS, from.length)
    for (; this.#moved < end; this.#moved += WORDS) {
      const high = from[this.#moved + 1]!
      if (high !== 0) put(this.#words, from[this.#moved]!, high)
    }
    if (end === from.length) this.#smaller = undefined
  }
}

function isIn(words: Uint32Array, low: number, high: number): boolean {
  return words[placeOf(words, low, high) + 1] !== 0
}

function put(words: Uint32Array, low: number, high: number): void {
  const at = placeOf(words, low, high)
  words[at] = low
  words[at + 1] = high
}

/** Where the number stands, or the empty slot where it would. */
function placeOf(words: Uint32Array, low: number, high: number): number {
  for (let at = (low % (words.length / WORDS)) * WORDS; ; at = (at + WORDS) % words.length) {
    if (words[at + 1] === 0 || (words[at] === low && words[at + 1] === high)) return at
  }
}
