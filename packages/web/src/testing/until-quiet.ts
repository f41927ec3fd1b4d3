import type { Page } from 'playwright-core'

/** Waits until nothing in the page has changed for six frames; the machine may be busy with much else. */
export function untilQuiet(page: Page): Promise<void> {
  return page.evaluate(async () => {
    let quiet = 0
    const observer = new MutationObserver(() => {
      quiet = 0
    })
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
    await document.fonts.ready
    for (; quiet < 6; quiet++) await new Promise(requestAnimationFrame)
    observer.disconnect()
  })
}
