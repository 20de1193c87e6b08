import {readFile} from 'node:fs/promises'
import type {InputIssue} from '../errors.js'
import {messageOf} from '../errors.js'
import type {InputTable} from '../inputs/input.js'
import type {InputTexts} from './host.js'

const MAX_DOCUMENT = 16 * 1024 * 1024

/**
 * Gathers the texts of a table. An input that takes a document may be given the path of a file instead, which is
 * then read; a text that starts with a brace or bracket is the document itself.
 */
export async function gatherTexts(
  table: InputTable,
  textOf: (name: string) => string | undefined,
  environment: Readonly<Record<string, string | undefined>>
): Promise<InputTexts> {
  const issues: InputIssue[] = []
  const entries = Object.entries(table).map(async ([name, {shape, variable}]) => {
    const given = textOf(name)
    const isAbsent = given === undefined || given === ''
    const text = isAbsent && variable !== undefined ? environment[variable] : given
    if (shape !== 'json' || text === undefined || /^\s*([{[]|$)/.test(text)) return [name, text]
    try {
      return [name, await readDocument(text.trim())]
    } catch (error) {
      issues.push({
        input: name,
        message: `${JSON.stringify(text)} is neither JSON nor a file: ${messageOf(error)}`
      })
      return [name, undefined]
    }
  })
  return {texts: Object.fromEntries(await Promise.all(entries)) as InputTexts['texts'], issues}
}

async function readDocument(file: string): Promise<string> {
  const bytes = await readFile(file)
  if (bytes.length > MAX_DOCUMENT) throw new Error(`it is larger than ${MAX_DOCUMENT} bytes`)
  return bytes.toString('utf8')
}
