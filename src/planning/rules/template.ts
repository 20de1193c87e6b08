import {parse as parseHandlebars} from 'handlebars/dist/cjs/handlebars/compiler/base.js'
import {nearest} from '../../shared/did-you-mean.js'
import {quote} from './input-lines.js'
import type {Scope} from '../../ci/run-facts.js'
import {type PlainPart, plainParts} from './plain-expressions.js'
import {dateFormatFault, formatDate, zoneFault} from './template-date.js'

/** Values that every template but a pattern knows (docker/metadata-action, "Global expressions"). */
const GLOBAL_VALUES = [
  'branch',
  'tag',
  'sha',
  'base_ref',
  'is_default_branch',
  'is_not_default_branch'
] as const
/** Values of the pattern of a version rule. */
const VERSION_VALUES = ['raw', 'version', 'major', 'minor', 'patch'] as const
const DATES = ['date', 'commit_date'] as const

type DateName = (typeof DATES)[number]

/** The zone of a date that names none. */
const UTC = 'UTC'

/** Which names a template may use: those of every attribute, of a version's pattern, of a schedule's, or of an image's name. */
export type Vocabulary = 'global' | 'version' | 'schedule' | 'image'

const NAMES: Readonly<Record<Vocabulary, readonly string[]>> = {
  global: [...GLOBAL_VALUES, ...DATES],
  version: VERSION_VALUES,
  schedule: DATES,
  image: []
}

/** The words of a template: the vocabulary of its place, and the names of the targets (see target-expansion.ts). */
export interface TemplateWords {
  readonly vocabulary: Vocabulary
  readonly names?: readonly string[]
}

type Part =
  | {readonly kind: 'text'; readonly text: string}
  | {readonly kind: 'value'; readonly name: string}
  | {readonly kind: 'date'; readonly name: DateName; readonly format: string; readonly zone: string}

/** A template, read and checked: nothing in it can fail when it is rendered. */
export interface Template {
  readonly source: string
  readonly parts: readonly Part[]
}

/** Says what is wrong with a template, and how many characters stand before the fault. */
export type TemplateReport = (message: string, column: number) => void

/**
 * Reads a template in the grammar of Handlebars. Only the names and helpers of docker/metadata-action are known.
 * What is reported is left out of the template.
 */
export function parseTemplate(
  source: string,
  {vocabulary, names = []}: TemplateWords,
  report: TemplateReport
): Template {
  if (!source.includes('{{')) return literal(source)
  const known = [...NAMES[vocabulary], ...names]
  const plain = plainParts(source)?.map(part => plainPartOf(part, known))
  if (plain?.every(part => part !== undefined)) return {source, parts: plain}
  const statements = syntaxOf(source)?.body
  if (statements === undefined) {
    const column = brokenExpression(source)
    report(`${quote(source.slice(column))} is not a closed expression {{name}}`, column)
  }
  const parts = (statements ?? []).map(statement => readPart(statement, known, report))
  return {source, parts: parts.filter(part => part !== undefined)}
}

/** A part without a fault; undefined where there is one, of which what reads Handlebars says more. */
function plainPartOf(part: PlainPart, known: readonly string[]): Part | undefined {
  if ('text' in part) return {kind: 'text', text: part.text}
  const {name, argument} = part
  if (!known.includes(name)) return undefined
  const date = DATES.find(word => word === name)
  if (date === undefined) return argument === undefined ? {kind: 'value', name} : undefined
  if (argument === undefined || dateFormatFault(argument, UTC) !== undefined) return undefined
  return {kind: 'date', name: date, format: argument, zone: UTC}
}

function readPart(
  statement: hbs.AST.Statement,
  known: readonly string[],
  report: TemplateReport
): Part | undefined {
  const part = partOf(statement, known)
  if (typeof part !== 'string') return part
  report(part, statement.loc.start.column)
  return undefined
}

/** A template of plain text. */
export function literal(text: string): Template {
  return {source: text, parts: text === '' ? [] : [{kind: 'text', text}]}
}

/** The template with the values of these names filled in; what is left is filled in later. */
export function bindTemplate(template: Template, values: ReadonlyMap<string, string>): Template {
  if (isLiteral(template)) return template
  const parts: Part[] = []
  for (const part of template.parts) {
    const bound = part.kind === 'value' ? values.get(part.name) : undefined
    const next: Part = bound === undefined ? part : {kind: 'text', text: bound}
    const last = parts.at(-1)
    if (last?.kind === 'text' && next.kind === 'text')
      parts.splice(-1, 1, {kind: 'text', text: last.text + next.text})
    else parts.push(next)
  }
  return {source: template.source, parts}
}

/** The names of the values in a template, dates left out. */
export function valuesIn(template: Template): ReadonlySet<string> {
  return new Set(template.parts.flatMap(part => (part.kind === 'value' ? [part.name] : [])))
}

/** Whether the template is plain text. */
export function isLiteral(template: Template): boolean {
  return template.parts.every(part => part.kind === 'text')
}

/** The text of a template. Unlike docker/metadata-action, values are not escaped for HTML. */
export function renderTemplate(template: Template, scope: Scope): string {
  return template.parts.map(part => renderPart(part, scope)).join('')
}

function renderPart(part: Part, scope: Scope): string {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'value':
      return scope.values.get(part.name) ?? ''
    case 'date':
      return formatDate(scope.dates[part.name], part.format, part.zone)
  }
}

function syntaxOf(source: string): hbs.AST.Program | undefined {
  try {
    return parseHandlebars(source)
  } catch {
    return undefined
  }
}

/** Where the first expression that cannot be read by itself starts. */
function brokenExpression(source: string): number {
  const broken = [...source.matchAll(/\{\{.*?\}\}+|\{\{/g)].find(
    ([expression]) => syntaxOf(expression) === undefined
  )
  return broken?.index ?? source.indexOf('{{')
}

/** A part of a template, or what is wrong with it. */
function partOf(statement: hbs.AST.Statement, known: readonly string[]): Part | string {
  if (isContent(statement)) return {kind: 'text', text: statement.value}
  if (isMustache(statement)) return expressionOf(statement, known)
  if (statement.type === 'CommentStatement') return {kind: 'text', text: ''}
  return 'blocks and partials are not known here; only {{name}} is'
}

function expressionOf(statement: hbs.AST.MustacheStatement, known: readonly string[]): Part | string {
  const name = nameOf(statement)
  if (!known.includes(name)) return unknownName(name, known)
  const date = DATES.find(word => word === name)
  if (date !== undefined) return dateOf(date, statement)
  if (statement.params.length > 0 || hasHash(statement)) return `{{${name}}} takes no arguments`
  return {kind: 'value', name}
}

function nameOf({path}: hbs.AST.MustacheStatement): string {
  if (isPath(path) && !path.data && path.depth === 0 && path.parts.length === 1) return path.parts[0] ?? ''
  return 'original' in path ? path.original : path.type
}

function unknownName(name: string, known: readonly string[]): string {
  const guess = nearest(name, known)
  const advice = guess === undefined ? `known are ${known.join(', ')}` : `did you mean ${guess}?`
  const isElsewhere = Object.values(NAMES).some(names => names.includes(name))
  return `${quote(name)} is not known ${isElsewhere ? 'at this place' : 'in a template'}; ${advice}`
}

function dateOf(name: DateName, statement: hbs.AST.MustacheStatement): Part | string {
  const [format, ...others] = statement.params
  if (format === undefined || others.length > 0 || !isString(format))
    return `{{${name}}} takes one format in quotes, for example {{${name} 'YYYYMMDD'}}`
  const {zone, fault} = zoneOf(name, statement)
  const wrong = fault ?? zoneFault(zone) ?? dateFormatFault(format.value, zone)
  return wrong ?? {kind: 'date', name, format: format.value, zone}
}

function zoneOf(name: DateName, statement: hbs.AST.MustacheStatement): {zone: string; fault?: string} {
  let zone = UTC
  for (const {key, value} of hasHash(statement) ? statement.hash.pairs : []) {
    if (key !== 'tz' || !isString(value))
      return {zone, fault: `${quote(key)} is not known in {{${name}}}; only tz='Area/City' is`}
    zone = value.value
  }
  return {zone}
}

/** The parser leaves the hash undefined where there is none, whatever its types say. */
function hasHash(statement: {readonly hash?: hbs.AST.Hash}): boolean {
  return (statement.hash?.pairs.length ?? 0) > 0
}

function isContent(node: hbs.AST.Node): node is hbs.AST.ContentStatement {
  return node.type === 'ContentStatement'
}

function isMustache(node: hbs.AST.Node): node is hbs.AST.MustacheStatement {
  return node.type === 'MustacheStatement'
}

function isPath(node: hbs.AST.Node): node is hbs.AST.PathExpression {
  return node.type === 'PathExpression'
}

function isString(node: hbs.AST.Node): node is hbs.AST.StringLiteral {
  return node.type === 'StringLiteral'
}
