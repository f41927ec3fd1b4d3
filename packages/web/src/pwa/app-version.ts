/** The version of this page as people read it, `0.1.0 (9f86d08188)`; `undefined` in the development server. */
export function appVersion(page: Pick<Document, 'querySelector'>): string | undefined {
  return page.querySelector<HTMLMetaElement>('meta[name="starling-version"]')?.content
}
