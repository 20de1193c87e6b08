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
