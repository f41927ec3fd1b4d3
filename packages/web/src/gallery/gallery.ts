/**
 * `gallery.html#<state>` shows one state with a fake client; without a name, the list of all. Never part of the app's build.
 * `?theme=dark`, `?text=larger`, `?language=ar`; `?language=pseudo` and `pseudo-rtl` are English with other letters.
 */
import '../base.css'
import { languages, loadSpeech } from '../text/languages.ts'
import { pseudoSpeech } from '../text/pseudo.ts'
import { speak } from '../text/t.ts'
import type { GalleryStates } from './gallery-state.ts'

const modules = import.meta.glob<{ states: GalleryStates }>('../**/*.gallery.ts', { eager: true })
const states: GalleryStates = Object.assign({}, ...Object.values(modules).map((module) => module.states))

const target = document.getElementById('app')
const chosen = new URLSearchParams(location.search)
const root = document.documentElement
root.dataset['theme'] = chosen.get('theme') ?? 'system'
root.dataset['textSize'] = chosen.get('text') ?? 'normal'
const speech = await speechOf(chosen.get('language') ?? 'en')
speak(speech)
root.lang = speech.language
root.dir = speech.direction
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

async function speechOf(language: string) {
  if (language === 'pseudo') return pseudoSpeech()
  if (language === 'pseudo-rtl') return pseudoSpeech('rtl')
  const known = languages.find((each) => each === language) ?? 'en'
  return loadSpeech({ language: known, tag: known === 'en' ? 'en-GB' : known })
}
