import {isMap, isScalar, isSeq, parseDocument} from 'yaml'
import type {Texts} from '../../command/input.js'
import {boundFault} from '../../shared/yaml-bounds.js'

/**
 * What a section of a file of settings says, for who only wants to know what is asked of another command. Faults are for that
 * command to say: what cannot be read is left out.
 * @param text the file
 * @returns the scalars and lists of the section, lists with an item a line
 */
export function sectionTexts(text: string, section: string): Texts {
  if (boundFault(text) !== undefined) return {}
  const {contents, errors} = parseDocument(text, {schema: 'failsafe'})
  const found = errors.length === 0 && isMap(contents) ? contents.get(section, true) : undefined
  if (!isMap(found)) return {}
  return Object.fromEntries(
    found.items.flatMap(({key, value}): [string, string][] => {
      const name = textOf(key)
      if (isScalar(value)) return [[name, textOf(value)]]
      if (!isSeq(value)) return []
      return [[name, value.items.map(textOf).join('\n')]]
    })
  )
}

/** Without a schema every scalar is a text. */
function textOf(node: unknown): string {
  return isScalar(node) && typeof node.value === 'string' ? node.value : ''
}

/** The keys at the top of a file of settings: inputs, and sections of commands. None where it cannot be read. */
export function topKeys(text: string): string[] {
  if (boundFault(text) !== undefined) return []
  const {contents, errors} = parseDocument(text, {schema: 'failsafe'})
  return errors.length === 0 && isMap(contents) ? contents.items.map(({key}) => textOf(key)) : []
}
