import {parse} from 'handlebars/dist/cjs/handlebars/compiler/base.js'
import {formatDate} from '../rules/template-date.js'
import {PeerFault, PeerUnknown} from './peer-fault.js'

/** What the names of a template stand for. */
export interface PeerScope {
  readonly values: Readonly<Record<string, string>>
  /** ISO 8601. */
  readonly dates: Readonly<Record<string, string>>
}

/**
 * The text of a template as docker/metadata-action has it: Handlebars, with values escaped for HTML, nothing for names
 * that it does not know, and moment's own form for a date without a format in quotes.
 * @throws PeerFault where Handlebars fails
 * @throws PeerUnknown for partials and helpers of Handlebars's own beside `if` and `unless`
 */
export function renderPeerTemplate(source: string, scope: PeerScope): string {
  if (!source.includes('{{')) return source
  return programText(programOf(source), scope)
}

/** Whether the text is `{{raw}}` and nothing else. */
export function isRawStatement(source: string): boolean {
  if (!source.includes('{{')) return false
  const {body} = programOf(source)
  const [only] = body
  return body.length === 1 && only !== undefined && isMustache(only) && nameOf(only.path) === 'raw'
}

function programOf(source: string): hbs.AST.Program {
  try {
    return parse(source)
  } catch (error) {
    throw new PeerFault(`the template ${JSON.stringify(source)} cannot be read`, {cause: error})
  }
}

function programText(program: hbs.AST.Program | undefined, scope: PeerScope): string {
  return program?.body.map(statement => statementText(statement, scope)).join('') ?? ''
}

function statementText(statement: hbs.AST.Statement, scope: PeerScope): string {
  if (statement.type === 'ContentStatement') return (statement as hbs.AST.ContentStatement).value
  if (statement.type === 'CommentStatement') return ''
  if (isMustache(statement)) {
    const text = expressionText(statement, scope)
    return statement.escaped ? escaped(text) : text
  }
  if (statement.type === 'BlockStatement') return blockText(statement as hbs.AST.BlockStatement, scope)
  throw new PeerUnknown(`a template with a ${statement.type} of Handlebars`)
}

function isMustache(statement: hbs.AST.Statement): statement is hbs.AST.MustacheStatement {
  return statement.type === 'MustacheStatement'
}

function blockText({path, params, program, inverse}: hbs.AST.BlockStatement, scope: PeerScope): string {
  const name = nameOf(path)
  const [param] = params
  if (!['if', 'unless'].includes(name) || param?.type !== 'PathExpression')
    throw new PeerUnknown(`a template with the block ${name} of Handlebars`)
  // `false` of is_default_branch is a text, and so is true to Handlebars.
  const isHeld = (scope.values[nameOf(param)] ?? '') !== ''
  return programText(isHeld === (name === 'if') ? program : inverse, scope)
}

function nameOf(path: hbs.AST.Expression): string {
  return path.type === 'PathExpression' ? (path as hbs.AST.PathExpression).parts.join('.') : ''
}

function expressionText({path, params, hash}: hbs.AST.MustacheStatement, scope: PeerScope): string {
  const name = nameOf(path)
  const time = scope.dates[name]
  if (time === undefined) {
    if (params.length > 0 && scope.values[name] === undefined)
      throw new PeerFault(`Missing helper: "${name}"`)
    return scope.values[name] ?? ''
  }
  const [format] = params
  if (format === undefined) throw new PeerFault(`{{${name}}} has no format`)
  const pairs = (hash as hbs.AST.Hash | undefined)?.pairs ?? []
  if (pairs.some(({key}) => key !== 'tz')) throw new PeerFault(`{{${name}}} has an unknown attribute`)
  const zone = pairs.map(({value}) => textOf(value))[0] ?? 'UTC'
  const written = textOf(format)
  return formatDate(
    time,
    written ?? (zone === 'UTC' ? 'YYYY-MM-DDTHH:mm:ss[Z]' : 'YYYY-MM-DDTHH:mm:ssZ'),
    zone
  )
}

/** The text of a literal; undefined for a name, which stands for nothing. */
function textOf(value: hbs.AST.Expression): string | undefined {
  if (value.type === 'StringLiteral') return (value as hbs.AST.StringLiteral).value
  if (value.type === 'NumberLiteral') return String((value as hbs.AST.NumberLiteral).value)
  return undefined
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
  '`': '&#x60;',
  '=': '&#x3D;'
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"'`=]/g, sign => HTML[sign] ?? sign)
}
