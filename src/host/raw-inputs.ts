import type {InputIssue} from '../errors.js'
import {messageOf} from '../errors.js'
import {readForeignFile} from '../shared/foreign-file.js'
import type {InputTable} from '../command/input.js'
import {DOCUMENT_MARK, type Documents, MAX_DOCUMENT, readNamedDocument} from './documents.js'
import type {InputTexts} from './host.js'

/** Where texts of inputs come from. */
export interface TextSources {
  readonly textOf: (name: string) => string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly documents: Documents
}

/**
 * Gathers the texts of a table. An input that takes a document may be given the path of a file instead, or `artifact:NAME`,
 * which is then read; a text that starts with a brace or bracket is the document itself.
 */
export async function gatherTexts(
  table: InputTable,
  {textOf, environment, documents}: TextSources
): Promise<InputTexts> {
  const issues: InputIssue[] = []
  const entries = Object.entries(table).map(async ([name, {shape, variable}]) => {
    const given = textOf(name)
    const isAbsent = given === undefined || given === ''
    const text = isAbsent && variable !== undefined ? environment[variable] : given
    if (shape !== 'json' || text === undefined || /^\s*([{[]|$)/.test(text)) return [name, text]
    const place = text.trim()
    const isNamed = place.startsWith(DOCUMENT_MARK)
    try {
      return [name, isNamed ? await readNamedDocument(place, name, documents) : await readDocument(place)]
    } catch (error) {
      const what = isNamed ? 'cannot be read' : 'is neither JSON nor a file'
      issues.push({input: name, message: `${JSON.stringify(text)} ${what}: ${messageOf(error)}`})
      return [name, undefined]
    }
  })
  return {texts: Object.fromEntries(await Promise.all(entries)) as InputTexts['texts'], issues}
}

async function readDocument(file: string): Promise<string> {
  return (await readForeignFile(file, MAX_DOCUMENT)).toString('utf8')
}
