/** Whether this node wants to be in the directory, and what became of its last announcement. */
import type { Descriptor } from '@starling/protocol'
import { LEAVING } from '@starling/protocol'
import { MutableObservable, type Observable } from '@starling/runtime'
import type { PeerError } from '../peer-error.ts'

export type Intent = 'stay' | 'leave'

/** The best answer of the last round: `accepted` by a directory member, or by a node that only hands on documents. */
export type Announced = 'never' | 'accepted' | PeerError['code']

export class Membership {
  readonly #intent: MutableObservable<Intent>
  #announced: Announced = 'never'

  constructor(intent: Intent = 'stay') {
    this.#intent = new MutableObservable<Intent>(intent)
  }

  get intent(): Observable<Intent> {
    return this.#intent
  }

  get announced(): Announced {
    return this.#announced
  }

  /** Announced at once. */
  setIntent(intent: Intent): void {
    this.#intent.set(intent)
  }

  noteAnnounced(outcome: Announced): void {
    this.#announced = outcome
  }

  /** What the node says of itself, with what it wants. */
  describe<Form extends Pick<Descriptor, 'capabilities'>>(descriptor: Form): Form {
    if (this.#intent.snapshot === 'stay') return descriptor
    return { ...descriptor, capabilities: descriptor.capabilities | LEAVING }
  }
}
