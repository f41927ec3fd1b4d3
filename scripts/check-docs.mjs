// Whether documents and code refer to something that is there: relative links, sections of pages, decisions.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { root } from './setup.mjs'

const SKIPPED = ['node_modules', 'dist', '.build', '.git', '.starling', 'vectors']
const LINK = /\]\(([^)\s]+)\)/g
// A page, and the section if one is named: docs/protocol/onion.md §2.
const PAGE = /(?<![\w/.-])((?:[\w-]+\/)*[\w-]+\.md)(?: (?:§|sections? )(\d+(?:\.\d+)?))?/g
const DECISION = /(?:\bADR |\badr\/)(\d{4})/g

const decisions = new Set(readdirSync(join(root, 'docs', 'adr')).map((name) => name.slice(0, 4)))
const pages = new Map()
let broken = 0

for (const file of files(root)) {
  const text = readFileSync(file, 'utf8')
  if (file.endsWith('.md')) checkLinks(file, text)
  for (const match of text.matchAll(PAGE)) checkPage(file, text, match)
  for (const match of text.matchAll(DECISION)) {
    if (!decisions.has(match[1])) report(file, text, match, 'no such decision in docs/adr')
  }
}
process.exit(broken === 0 ? 0 : 1)

function checkLinks(file, text) {
  for (const match of text.matchAll(LINK)) {
    const [path, anchor] = match[1].split('#')
    if (/^[a-z]+:/.test(path)) continue
    const target = path === '' ? file : join(dirname(file), path)
    if (!existsSync(target)) report(file, text, match, 'leads nowhere')
    else if (anchor && !headings(target).anchors.has(anchor)) report(file, text, match, 'no such heading')
  }
}

/** In code a path is from the root of the repository; a document may also name its neighbours. */
function checkPage(file, text, match) {
  const [, path, section] = match
  const places = [join(root, path), ...(file.endsWith('.md') ? [join(dirname(file), path)] : [])]
  const target = places.find((place) => existsSync(place))
  if (target === undefined) report(file, text, match, 'no such page')
  else if (section && !headings(target).sections.has(section)) report(file, text, match, 'no such section')
}

function headings(page) {
  const known = pages.get(page)
  if (known) return known
  const lines = page.endsWith('.md')
    ? [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, line]) => line)
    : []
  const found = {
    sections: new Set(lines.map((line) => /^(\d+(?:\.\d+)?)\.? /.exec(line)?.[1])),
    anchors: new Set(
      lines.map((line) =>
        line
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      ),
    ),
  }
  pages.set(page, found)
  return found
}

function report(file, text, match, why) {
  const line = text.slice(0, match.index).split('\n').length
  console.error(`  ${relative(root, file)}:${line}: ${match[0].replace(/^\]/, '')}: ${why}`)
  broken++
}

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIPPED.includes(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* files(path)
    else if (/\.(md|ts|mjs|svelte|proto|css|html)$/.test(entry.name) && entry.name !== 'check-docs.mjs') yield path
  }
}
