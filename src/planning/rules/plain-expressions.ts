/** Plain text of a template, or an expression that is a name, with or without a text in quotes behind it. */
export type PlainPart =
  {readonly text: string} | {readonly name: string; readonly argument: string | undefined}

const EXPRESSION = /\{\{ *([A-Za-z_]\w*)(?: +'([^']*)')? *\}\}/g

/** What Handlebars takes for more than a name. */
const WORDS: ReadonlySet<string> = new Set(['as', 'else', 'false', 'null', 'this', 'true', 'undefined'])

/**
 * The parts of a template with no expression but `{{name}}` and `{{name 'text'}}`, as nearly every one is: the parser of Handlebars
 * takes longer to begin with such a template than all tags take to be decided. Undefined for any other, which is for that parser.
 */
export function plainParts(source: string): readonly PlainPart[] | undefined {
  if (/\\|\{{3}|\}{3}/.test(source)) return undefined
  const parts: PlainPart[] = []
  let end = 0
  for (const match of source.matchAll(EXPRESSION)) {
    const [all, name = '', argument] = match
    if (WORDS.has(name)) return undefined
    if (match.index > end) parts.push({text: source.slice(end, match.index)})
    parts.push({name, argument})
    end = match.index + all.length
  }
  if (end < source.length) parts.push({text: source.slice(end)})
  return parts.some(part => 'text' in part && part.text.includes('{{')) ? undefined : parts
}
