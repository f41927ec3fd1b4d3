/** `gallery.html#<state>` shows one state with a fake client; without a name, the list of all. Never part of the app's build. */
import '../base.css'
import type { GalleryStates } from './gallery-state.ts'

const modules = import.meta.glob<{ states: GalleryStates }>('../**/*.gallery.ts', { eager: true })
const states: GalleryStates = Object.assign({}, ...Object.values(modules).map((module) => module.states))

const target = document.getElementById('app')
const theme = new URLSearchParams(location.search).get('theme')
if (theme !== null) document.documentElement.dataset['theme'] = theme
addEventListener('hashchange', () => location.reload())

const state = states[decodeURIComponent(location.hash.slice(1))]
if (target !== null) {
  if (state === undefined) listStates(target)
  else state(target)
}

function listStates(page: Element): void {
  const heading = document.createElement('h1')
  heading.textContent = 'Gallery'
  page.append(heading)
  for (const name of Object.keys(states).sort((a, b) => a.localeCompare(b))) {
    const link = document.createElement('a')
    link.href = `#${encodeURIComponent(name)}`
    link.textContent = name
    const line = document.createElement('p')
    line.append(link)
    page.append(line)
  }
}
