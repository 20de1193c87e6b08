import {unquoteLine} from '../rules/fields.js'
import {parseInputLines, quote} from '../rules/input-lines.js'
import {compareInEnglish} from '../../shared/english-order.js'
import type {Scope} from '../../ci/run-facts.js'
import {type Template, parseTemplate, renderTemplate} from '../rules/template.js'

/**
 * Reads the input `labels`, `annotations` or `build-args`: lines of `key=value`, templates allowed.
 * @param names what templates may name beside the facts of the run
 * @throws InputError with all faults, each with the number of its line
 */
export function parseMetadataLines(input: string, text: string, names: readonly string[] = []): Template[] {
  return parseInputLines(input, text, (line, report) => {
    const source = unquoteLine(line, report)
    if (source.indexOf('=') < 1) {
      report(`${quote(source)} is not of the form key=value`)
      return undefined
    }
    return parseTemplate(source, {vocabulary: 'global', names}, (message, column) => {
      report(`column ${line.column + column}: ${message}`)
    })
  })
}

/** The entries with the lines laid over them, sorted by key. */
export function mergeMetadata(
  entries: Readonly<Record<string, string>>,
  lines: readonly Template[],
  scope: Scope
): Readonly<Record<string, string>> {
  const own = lines.map(line => splitEntry(renderTemplate(line, scope)))
  const all = new Map([...Object.entries(entries), ...own])
  return Object.fromEntries([...all].sort(([a], [b]) => compareInEnglish(a, b) || (a < b ? -1 : 1)))
}

function splitEntry(text: string): [key: string, value: string] {
  const at = text.indexOf('=')
  return [text.slice(0, at).trim(), text.slice(at + 1)]
}
