/** What an account says of itself, in step on all of its devices: namespace 2 of its swarm. docs/protocol/config.md §5.1. */
import type { UnixMillis } from '../brand.ts'
import type { ProfilePicture } from '../envelope/message-content.ts'
import { type DisplayName, truncateDisplayName } from '../identity/display-name.ts'
import type { ConfigDict, MutableDict } from './data.ts'
import {
  bytesIn,
  featuresIn,
  numberIn,
  pictureIn,
  secondsIn,
  secondsOf,
  setFeatures,
  setName,
  setNumber,
  setPicture,
  textIn,
} from './fields.ts'

export type UserProfile = {
  /** `undefined`: no device has set one, or none that can be shown. */
  readonly name: DisplayName | undefined
  readonly picture: ProfilePicture | undefined
  /** When name, picture and so on were changed: what messages say. */
  readonly updatedSeconds: number
  /** Of the conversation with oneself. −1: hidden; 0: normal; more: pinned, higher first. */
  readonly priority: number
  /** Notes to oneself disappear so long after they were sent; 0: never. */
  readonly timerSeconds: number
  /** Whether people of communities may write to us; `undefined`: never said. */
  readonly communityRequests: boolean | undefined
  readonly features: readonly number[]
}

/** What is left out stays. */
export type UserProfileChange = Partial<Omit<UserProfile, 'picture' | 'updatedSeconds'>> & {
  readonly picture?: ProfilePicture | 'none'
}

/** Hidden, as the conversation with oneself begins in all apps. */
const PRIORITY_HIDDEN = -1

export function readUserProfile(data: ConfigDict): UserProfile {
  // File servers forget: an app stores the picture again by itself, under other keys.
  const renewed = secondsIn(data, 'T') > secondsIn(data, 't') ? pictureIn(data, 'P', 'Q') : undefined
  const requests = data.get('M')
  return {
    name: truncateDisplayName(textIn(data, 'n')),
    picture: renewed ?? pictureIn(data),
    updatedSeconds: profileSeconds(data),
    priority: numberIn(data, '+'),
    timerSeconds: Math.max(0, numberIn(data, 'e')),
    communityRequests: typeof requests === 'number' ? requests !== 0 : undefined,
    features: featuresIn(data),
  }
}

/** What a new account begins with. Not for an account that is restored. */
export function setNewProfile(data: MutableDict, name: DisplayName, now: UnixMillis): void {
  setUserProfile(data, { name, priority: PRIORITY_HIDDEN }, now)
}

/** Changes what differs, and with name, picture, requests and features the time of the profile. For `editOwnConfig`. */
export function setUserProfile(data: MutableDict, change: UserProfileChange, now: UnixMillis): void {
  const before = readUserProfile(data)
  const { name, picture, priority, timerSeconds, communityRequests: requests, features } = change
  if (name !== undefined && name !== before.name) {
    setName(data, 'n', name, { keepEmpty: false })
    touch(data, now)
  }
  if (requests !== undefined && requests !== before.communityRequests) {
    data.set('M', requests ? 1 : 0)
    touch(data, now)
  }
  if (features !== undefined && features.toSorted().join() !== before.features.toSorted().join()) {
    setFeatures(data, features)
    touch(data, now)
  }
  if (picture !== undefined && !isSamePicture(picture, before.picture)) {
    setPicture(data, picture)
    if (picture === 'none') setPicture(data, 'none', 'P', 'Q')
    data.set('t', secondsOf(now))
  }
  if (priority !== undefined) setNumber(data, '+', priority)
  if (timerSeconds !== undefined) setNumber(data, 'e', Math.max(0, timerSeconds))
}

/** The same picture was stored again, because servers forget files. */
export function setRenewedPicture(data: MutableDict, picture: ProfilePicture, now: UnixMillis): void {
  setPicture(data, picture, 'P', 'Q')
  data.set('T', secondsOf(now))
}

/**
 * A merge can lose an edit that was not stored yet: five versions behind, or where a device that merged wrote everything
 * anew. A name that is newer than the profile which won is therefore set again.
 */
export function keepNewerName(before: ConfigDict, merged: MutableDict): void {
  const name = bytesIn(before, 'n')
  const seconds = profileSeconds(before)
  if (name === undefined || seconds <= profileSeconds(merged)) return
  merged.set('n', name)
  setTime(merged, seconds)
}

function profileSeconds(data: ConfigDict): number {
  return Math.max(secondsIn(data, 't'), secondsIn(data, 'T'))
}

function touch(data: MutableDict, now: UnixMillis): void {
  setTime(data, secondsOf(now))
}

/** The time goes where the newest one is: `T` is that of a picture that an app renewed by itself. */
function setTime(data: MutableDict, seconds: number): void {
  data.set(secondsIn(data, 't') >= secondsIn(data, 'T') ? 't' : 'T', seconds)
}

function isSamePicture(a: ProfilePicture | 'none', b: ProfilePicture | undefined): boolean {
  if (a === 'none' || b === undefined) return a === 'none' && b === undefined
  return a.url === b.url && a.key.join() === b.key.join()
}
