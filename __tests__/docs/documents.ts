import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** A document of the project as text, by its path from the project's folder. Undefined where there is none. */
export function readDocument(file: string): string | undefined {
  const whole = path.join(ROOT, file)
  return existsSync(whole) ? readFileSync(whole, 'utf8') : undefined
}

/** The texts of all headings of a Markdown document that stand in no code. */
export function headingsOf(markdown: string): string[] {
  return [...markdown.replace(/^```[^]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text)
}

/** The anchor that GitHub gives a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\-_ ]/gu, '')
    .replaceAll(' ', '-')
}

const TITLE =
  /(?:\b(?:it|describe)\w*|\))\s*(?:\?\.)?(?:<[^()]*?>)?\(\s*(?:\[[^\]]*\],\s*|[A-Z_\d]+,\s*)?(['"`])((?:\\.|(?!\1)[^\\])*)\1\s*,/g
const TABLE_ROW = /\[\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1\s*[,\]]/g

/** What tests of a file are called, and their groups, and the rows of their tables; no other text of the file. */
export function titlesOf(source: string): Set<string> {
  const found = [TITLE, TABLE_ROW].flatMap(pattern => [...source.matchAll(pattern)])
  return new Set(found.map(([, , title = '']) => title.replace(/\\(.)/g, '$1')))
}
