import {
  type Document,
  LineCounter,
  type Pair,
  type Scalar,
  type YAMLMap,
  isAlias,
  isMap,
  isScalar,
  parse,
  parseAllDocuments,
  visit
} from 'yaml'
import {type BoundFault, LARGE_BOUNDS, aliasFault, boundFault} from '../../shared/yaml-bounds.js'
import {ReleaseError} from '../../errors.js'

/** Characters of a text that are replaced; nothing else of it changes. */
export interface YamlEdit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** A YAML file: its text, and what it says. */
export interface YamlFile {
  readonly file: string
  readonly text: string
  readonly documents: readonly Document.Parsed[]
}

/**
 * Reads a YAML file of one or several documents.
 * @throws ReleaseError DEPLOYMENT_INVALID with the first line that cannot be read
 */
export function readYaml(file: string, text: string): YamlFile {
  assertInBounds(file, boundFault(text, LARGE_BOUNDS))
  const lines = new LineCounter()
  // The parser's own look for keys that are there twice compares each with each.
  const documents = parseAllDocuments(text, {uniqueKeys: false, lineCounter: lines})
  const all = 'empty' in documents ? [] : documents
  const [fault] = all.flatMap(({errors}) => errors.map(({message}) => message.split('\n')[0] ?? ''))
  const first = fault ?? all.map(document => twiceIn(document, lines)).find(found => found !== undefined)
  if (first !== undefined)
    throw unfit(file, `it cannot be read as YAML: ${first}`, {
      hint: 'Templates of Helm are no YAML; name its values instead: helm:values.yaml#image.tag.'
    })
  for (const document of all) assertInBounds(file, aliasFault(document, lines, LARGE_BOUNDS))
  return {file, text, documents: all}
}

function assertInBounds(file: string, fault: BoundFault | undefined): void {
  if (fault !== undefined) throw unfit(file, `line ${fault.line} ${fault.message}`)
}

/** Says where a map has a key twice, as the parser would. */
function twiceIn(document: Document.Parsed, lines: LineCounter): string | undefined {
  let found: string | undefined
  visit(document, {
    Map(_, map) {
      const keys = new Set<unknown>()
      for (const {key} of map.items) {
        if (!isScalar(key)) continue
        if (keys.has(key.value) && key.value !== '<<') {
          const {line, col} = lines.linePos(key.range?.[0] ?? 0)
          found ??= `Map keys must be unique at line ${line}, column ${col}:`
          return visit.BREAK
        }
        keys.add(key.value)
      }
      return undefined
    }
  })
  return found
}

/** The text with all edits made. They must not overlap; of those at one place the first stands first. */
export function applyYamlEdits(text: string, edits: readonly YamlEdit[]): string {
  return edits
    .map((edit, position) => ({...edit, position}))
    .sort((one, other) => other.from - one.from || other.to - one.to || other.position - one.position)
    .reduce((whole, edit) => whole.slice(0, edit.from) + edit.text + whole.slice(edit.to), text)
}

/** The pair of a key in a map. */
export function pairIn(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find(({key: one}) => isScalar(one) && one.value === key)
}

/** The node that an alias stands for; any other as it is. */
export function resolved({documents}: YamlFile, document: number, node: unknown): unknown {
  const root = documents[document]
  return isAlias(node) && root !== undefined ? node.resolve(root) : node
}

/** The text of a scalar as it is written, without quotes: 1.10 stays 1.10. Undefined where it is no scalar, or empty. */
export function writtenText(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined
  return typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value))
}

/**
 * Gives a scalar another text, quoted as it was, or where YAML would take the text for something else.
 * @throws ReleaseError DEPLOYMENT_INVALID for an alias, a block of text, or what is no scalar
 */
export function scalarEdit({file, text}: YamlFile, node: unknown, value: string): YamlEdit {
  if (isAlias(node))
    throw unfit(file, `*${node.source} is an alias; name the key of its anchor &${node.source} instead`)
  if (!isScalar(node) || !node.range) throw unfit(file, 'what is to be changed is no single value')
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')
    throw unfit(file, 'what is to be changed is a block of text; write it on one line')
  const [from, to] = node.range
  const written = writtenLike(value, node)
  if (from < to) return {from, to, text: written}
  const at = text.slice(0, from).trimEnd().length
  return {from: at, to: at, text: ` ${written}`}
}

/** Puts a pair behind another one of the same map, on a line of its own where the map has lines. */
export function insertBehind(
  yaml: YamlFile,
  map: YAMLMap,
  sibling: Pair,
  pair: readonly [string, string]
): YamlEdit {
  const {file, text} = yaml
  const end = isScalar(sibling.value) ? sibling.value.range?.[1] : undefined
  const [first] = map.items
  const start = isScalar(first?.key) ? first.key.range?.[0] : undefined
  if (end === undefined || start === undefined) throw unfit(file, `${pair[0]} cannot be added to it`)
  const line = `${pair[0]}: ${plainOrQuoted(pair[1])}`
  if (map.flow === true) return {from: end, to: end, text: `, ${line}`}
  const at = lineEnd(text, end)
  return {from: at, to: at, text: `${eolOf(text)}${' '.repeat(columnOf(text, start))}${line}`}
}

/** Puts pairs at the end of the map that a file is. @param linesAt the lines of the pairs, indented by so much */
export function appendToRoot(
  {file, text}: YamlFile,
  root: YAMLMap,
  {flow, linesAt}: {readonly flow: string; readonly linesAt: (indent: string) => string}
): YamlEdit {
  if (!root.range) throw unfit(file, 'nothing can be added to it')
  const [start, end] = root.range
  if (root.flow === true) {
    const isEmpty = root.items.length === 0
    const last = text.slice(0, end - 1).trimEnd().length
    return {from: last, to: last, text: isEmpty ? flow : `, ${flow}`}
  }
  const lineBreak = end === 0 || text[end - 1] === '\n' ? '' : eolOf(text)
  return {from: end, to: end, text: lineBreak + linesAt(' '.repeat(columnOf(text, start)))}
}

/** A value as it may stand behind a key: in quotes where YAML 1.1 or 1.2 would take it for a number or the like. */
export function plainOrQuoted(value: string): string {
  const isPlain = (['1.1', '1.2'] as const).every(version => parsesTo(value, version))
  return isPlain ? value : JSON.stringify(value)
}

/** The line break of a file. */
export function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

/** How many characters stand before a place in its line. */
export function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1)
}

/** The line of a place, counted from 1. */
export function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}

/** That a file cannot be edited as it is wanted. */
export function unfit(file: string, fault: string, details: {readonly hint?: string} = {}): ReleaseError {
  return new ReleaseError('DEPLOYMENT_INVALID', `${file}: ${fault}`, details)
}

/** The place of the only document with content. */
export function onlyDocument({documents}: YamlFile): number {
  return Math.max(
    documents.findIndex(({contents}) => contents !== null),
    0
  )
}

/** The map that a document is. @throws ReleaseError DEPLOYMENT_INVALID where the file is not one map */
export function onlyMap({file, documents}: YamlFile): YAMLMap {
  const [document, ...others] = documents.filter(({contents}) => contents !== null)
  if (isMap(document?.contents) && others.length === 0) return document.contents
  throw unfit(file, 'it is not one map of keys and values')
}

/** The end of a line, before its line break. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  if (end < 0) return text.length
  return text[end - 1] === '\r' ? end - 1 : end
}

function writtenLike(value: string, {type}: Scalar): string {
  if (type === 'QUOTE_DOUBLE') return JSON.stringify(value)
  if (type === 'QUOTE_SINGLE') return `'${value.replaceAll("'", "''")}'`
  return plainOrQuoted(value)
}

function parsesTo(value: string, version: '1.1' | '1.2'): boolean {
  try {
    return parse(value, {version}) === value
  } catch {
    return false
  }
}
