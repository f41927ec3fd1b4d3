/** What a URL in a network file or descriptor may look like. */

/** Bytes of a URL, at most. */
export const MAX_URL_SIZE = 200

const HOST = '(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\\[[0-9a-f:.]+\\])'
const BASE_URL = new RegExp(`^https?://${HOST}(?::([1-9][0-9]{0,4}))?(?:/[A-Za-z0-9._~-]+)*$`)

/**
 * Whether `text` is a base URL: `http` or `https`, a lower-case host, perhaps a port and a path; no user, query, fragment
 * or final slash, so that a route can be appended and one place has one URL.
 */
export function isBaseUrl(text: string): boolean {
  if (text.length > MAX_URL_SIZE) return false
  const match = BASE_URL.exec(text)
  return match !== null && Number(match[1] ?? 1) <= 65_535
}
