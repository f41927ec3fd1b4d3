/**
 * The only scripts that this page starts by URL: its own workers. The content policy demands that such URLs pass a policy
 * of Trusted Types; this one lets through what lies where the app is, and nothing else.
 */

/** What browsers with Trusted Types offer; the library's types lack it. */
type TrustedTypes = {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

const rules = { createScriptURL: (url: string) => ownScript(url, document.baseURI) }

let policy: { createScriptURL(url: string): string } | undefined

/**
 * `url` as something that `Worker` and `register` accept. It is a `TrustedScriptURL` in browsers that know these.
 *
 * @throws {TypeError} if it is not below the page's own folder.
 */
export function trustedScriptUrl(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  // A name can be taken once only, so the policy is made at the first use and kept.
  policy ??= trustedTypes?.createPolicy('starling-scripts', rules) ?? rules
  return policy.createScriptURL(url)
}

/** The whole URL, if it is of a script below the folder of `base`. @throws {TypeError} */
export function ownScript(url: string, base: string): string {
  const script = new URL(url, base)
  const folder = new URL('.', base)
  if (script.origin !== folder.origin || !script.pathname.startsWith(folder.pathname)) {
    throw new TypeError('a script from elsewhere')
  }
  return script.href
}
