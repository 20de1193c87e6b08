import {type Document, Lexer, type LineCounter, type Node, isAlias, isCollection, isPair} from 'yaml'

/**
 * What a file of settings may be made of at most. A large one has some hundred lines; what is more is a mistake or made to
 * take the time and the memory of whoever reads it: the checks of a parser for keys and anchors that are there twice grow with
 * the square of their number, an alias of a list of aliases with a power, and nesting ends in a full stack.
 */
const SETTINGS = {bytes: 256 * 1024, tokens: 20_000, anchors: 100, depth: 32, entries: 20_000}

/** Manifests and workflows are larger: that of a whole operator with its definitions has some 30,000 lines. */
export const LARGE_BOUNDS: Bounds = {
  bytes: 4 * 1024 * 1024,
  tokens: 500_000,
  anchors: 1_000,
  depth: 200,
  entries: 500_000
}

/** How much a document of YAML may have of everything. */
export type Bounds = typeof SETTINGS

/** One fault, and the line that it stands in, from 1. */
export interface BoundFault {
  readonly line: number
  readonly message: string
}

/** What of a text is beyond the bounds before it is parsed; undefined where nothing is. */
export function boundFault(text: string, most: Bounds = SETTINGS): BoundFault | undefined {
  if (Buffer.byteLength(text) > most.bytes) return {line: 1, message: `is larger than ${most.bytes} bytes`}
  const deep = indentFault(text, most)
  if (deep !== undefined) return deep
  const count = {line: 1, tokens: 0, anchors: 0, open: 0, dashes: 0}
  for (const token of new Lexer().lex(text)) {
    count.tokens++
    count.line += token.split('\n').length - 1
    if (token === '[' || token === '{') count.open++
    if (token === ']' || token === '}') count.open--
    count.dashes =
      token === '-' || token === '?'
        ? count.dashes + 1
        : /^\s*$/.test(token) && !token.includes('\n')
          ? count.dashes
          : 0
    if (token.startsWith('&')) count.anchors++
    if (count.tokens > most.tokens)
      return {line: count.line, message: `has more than ${most.tokens} words and signs`}
    if (count.anchors > most.anchors)
      return {line: count.line, message: `has more than ${most.anchors} anchors`}
    if (Math.max(count.open, count.dashes) > most.depth)
      return {line: count.line, message: `is nested more than ${most.depth} deep`}
  }
  return undefined
}

/** Each line that stands further in than those above it is a level. */
function indentFault(text: string, most: Bounds): BoundFault | undefined {
  const open: number[] = []
  for (const [row, line] of text.split('\n').entries()) {
    const indent = line.search(/[^ ]/)
    if (indent < 0) continue
    while ((open.at(-1) ?? -1) >= indent) open.pop()
    open.push(indent)
    if (open.length > most.depth + 1)
      return {line: row + 1, message: `is nested more than ${most.depth} deep`}
  }
  return undefined
}

/** What of a parsed document is beyond the bounds once its aliases are followed; undefined where nothing is. */
export function aliasFault(
  document: Document,
  lines: LineCounter,
  most: Bounds = SETTINGS
): BoundFault | undefined {
  const sizes = new Map<Node, number>()
  const open = new Set<Node>()
  const lineOf = (node: Node): number => lines.linePos(node.range?.[0] ?? 0).line
  const state: {fault: BoundFault | undefined} = {fault: undefined}
  /** How many entries a node has with all that it leads to. */
  const size = (node: unknown, depth: number): number => {
    if (state.fault !== undefined) return 0
    if (isPair(node)) return size(node.key, depth) + size(node.value, depth)
    if (isAlias(node)) return size(node.resolve(document), depth)
    if (!isCollection(node)) return 1
    if (open.has(node)) {
      state.fault = {line: lineOf(node), message: 'leads back to itself by an alias'}
      return 0
    }
    if (depth > most.depth) {
      state.fault = {line: lineOf(node), message: `is nested more than ${most.depth} deep`}
      return 0
    }
    const known = sizes.get(node)
    if (known !== undefined) return known
    open.add(node)
    const entries = node.items.reduce<number>((sum, item) => sum + size(item, depth + 1), 1)
    open.delete(node)
    sizes.set(node, entries)
    if (entries > most.entries)
      state.fault ??= {
        line: lineOf(node),
        message: `stands for more than ${most.entries} entries by its aliases`
      }
    return entries
  }
  size(document.contents, 0)
  return state.fault
}
