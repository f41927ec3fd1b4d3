import { equalBytes, wipe } from '../bytes/bytes.ts'

declare const role: unique symbol

/** A long-lived secret: seen only inside `use`, never printed, overwritten when disposed. */
export class SecretKey<Bytes extends Uint8Array> implements Disposable {
  declare readonly [role]: Bytes
  readonly #bytes: Bytes

  /** Takes over `bytes`: the caller neither keeps nor changes them. */
  constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  /** Lends the bytes to `fn`, which must not keep them. */
  use<Result>(fn: (bytes: Bytes) => Result): Result {
    return fn(this.#bytes)
  }

  equals(other: SecretKey<Bytes>): boolean {
    return other.use((theirs) => equalBytes(this.#bytes, theirs))
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }

  [Symbol.dispose](): void {
    wipe(this.#bytes)
  }
}
