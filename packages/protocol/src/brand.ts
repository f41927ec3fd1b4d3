declare const brand: unique symbol

/** A `T` that only the parser or codec of `Name` produces, so that two kinds of text or number cannot be mixed up. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** Milliseconds since the Unix epoch, UTC. */
export type UnixMillis = Brand<number, 'UnixMillis'>
/** A duration in milliseconds. */
export type Millis = Brand<number, 'Millis'>

/** The last time that a calendar has, in the year 275760: nothing later can be shown as a date. */
export const MAX_UNIX_MILLIS = 8_640_000_000_000_000

export const unixMillis = (value: number): UnixMillis => value as UnixMillis
export const millis = (value: number): Millis => value as Millis
export const seconds = (value: number): Millis => (value * 1000) as Millis
export const minutes = (value: number): Millis => (value * 60_000) as Millis
export const hours = (value: number): Millis => (value * 3_600_000) as Millis
export const days = (value: number): Millis => (value * 86_400_000) as Millis
