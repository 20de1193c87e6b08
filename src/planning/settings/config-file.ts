import {LineCounter, type Node, type Pair, isMap, isScalar, parseDocument} from 'yaml'
import {InputError, type InputIssue} from '../../errors.js'
import type {Input, InputTable, Texts} from '../../command/input.js'
import {nearest} from '../../shared/did-you-mean.js'
import {type BoundFault, aliasFault, boundFault} from '../../shared/yaml-bounds.js'
import {type ConfigLine, configLines, isNothing, settingLine, settingText} from './config-text.js'

/** What a file says, in the form of inputs. */
export interface ConfigFile {
  /** The texts of the inputs that it names. */
  readonly texts: Texts
  /** Lays the line of the file into what is wrong with the line of an input. */
  locate(issue: InputIssue): InputIssue
}

/** What is looked for in a file of settings. */
export interface ConfigQuestion {
  /** The inputs that may are there. */
  readonly table: InputTable
  /** The section that they stand in; the top of the file without one. */
  readonly section?: string | undefined
  /** What else may stand at the top of the file: sections, and the inputs of others. With a section, all that may. */
  readonly others: readonly string[]
  /** The settings that each place of the file may have, with blanks between them: `top`, and the sections. */
  readonly places?: Places | undefined
}

type Places = Readonly<Record<string, string>>

/** Where in a file a key stands that nobody reads there. */
interface UnknownKey {
  readonly name: string
  readonly place: string
  readonly known: readonly string[]
  readonly places: Places
}

/**
 * Reads a file of settings: a map whose keys are inputs or sections of inputs. Each scalar is the text that is there,
 * so that 3.10 stays 3.10.
 * @param file its path, for messages
 * @throws InputError with all faults, each with the line of the file
 */
export function parseConfigFile(
  file: string,
  text: string,
  {table, section, others, places = {}}: ConfigQuestion
): ConfigFile {
  assertInBounds(file, boundFault(text))
  const lines = new LineCounter()
  const document = parseDocument(text, {schema: 'failsafe', lineCounter: lines})
  const issues: InputIssue[] = document.errors.map(({message, pos}) => ({
    input: `${file}:${lines.linePos(pos[0]).line}`,
    message: message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''
  }))
  if (issues.length === 0) assertInBounds(file, aliasFault(document, lines))
  const found = new Map<string, readonly ConfigLine[]>()
  const top = issues.length > 0 ? [] : entriesOf(document.contents, file)
  const place = section ?? 'top'
  const reader: SectionReader = {file, lines, places}
  if (section !== undefined) issues.push(...unknownAtTop(top, others, reader))
  issues.push(...unknownInSections(top, place, reader))
  for (const {key, value} of section === undefined ? top : sectionOf(top, section, {file, lines})) {
    const name = settingText(key as Node)
    if (section === undefined && !Object.hasOwn(table, name) && others.includes(name)) continue
    const report = (line: number, message: string): number =>
      issues.push({input: `${file}:${line}`, message: `${name}: ${message}`})
    const input = Object.hasOwn(table, name) && name !== 'config' ? table[name] : undefined
    if (input === undefined && readIn(place, places).includes(name)) continue
    const known = [...namesOf(table), ...(section === undefined ? others : [])]
    const fault = faultOf(input, {name, place, known, places})
    if (input === undefined || fault !== undefined) report(settingLine(key as Node, {lines}), fault ?? '')
    else found.set(name, configLines(input, value as Node, {document, lines, report}))
  }
  if (issues.length > 0) throw new InputError(issues)
  return {
    texts: Object.fromEntries(
      [...found].map(([name, each]) => [name, each.map(line => line.text).join('\n')])
    ),
    locate: issue => locate(issue, file, found.get(issue.input))
  }
}

function assertInBounds(file: string, fault: BoundFault | undefined): void {
  if (fault !== undefined) throw new InputError([{input: `${file}:${fault.line}`, message: fault.message}])
}

/** Whether an input may stand in a file of settings. */
export function isSetting(name: string, input: Input<unknown>): boolean {
  return name !== 'config' && refusalOf(input) === undefined
}

/** What is wrong with a key; undefined where it is a setting of this place. */
function faultOf(input: Input<unknown> | undefined, key: UnknownKey): string | undefined {
  if (input === undefined) return unknownKey(key)
  const refusal = refusalOf(input)
  return refusal === undefined ? undefined : (moved(key) ?? refusal)
}

/** Why an input has no place in a file; undefined where it has one. */
function refusalOf({secret, isOfCall, shape}: Input<unknown>): string | undefined {
  if (secret) return 'is a secret, which does not belong in a file'
  if (isOfCall) return 'is asked of one call, which does not belong in a file'
  return shape === 'json' ? 'is of one run, which does not belong in a file' : undefined
}

/** The entries of the file; none where it is empty. */
function entriesOf(contents: unknown, file: string): readonly Pair[] {
  if (isMap(contents)) return contents.items
  if (contents === null || (isScalar(contents) && settingText(contents) === '')) return []
  throw new InputError([
    {input: `${file}:1`, message: 'is not a map of settings, such as images: ghcr.io/owner/image'}
  ])
}

interface SectionReader {
  readonly file: string
  readonly lines: LineCounter
  readonly places: Places
}

/** A section that is misspelt would be no section at all, and what it forbids would be done. */
function unknownAtTop(
  top: readonly Pair[],
  known: readonly string[],
  {file, lines, places}: SectionReader
): InputIssue[] {
  return top.flatMap(({key}) => {
    const name = settingText(key as Node)
    if (known.includes(name)) return []
    const message = `${name}: ${unknownKey({name, place: 'top', known, places})}`
    return [{input: `${file}:${settingLine(key as Node, {lines})}`, message}]
  })
}

/** What stands in sections of other commands and is read by none: said by the first command of a run, before it builds. */
function unknownInSections(
  top: readonly Pair[],
  own: string,
  {file, lines, places}: SectionReader
): InputIssue[] {
  const sections = top.filter(({key}) => {
    const name = settingText(key as Node)
    return name !== own && name !== 'top' && Object.hasOwn(places, name)
  })
  return sections.flatMap(({key, value}) => {
    const place = settingText(key as Node)
    const known = readIn(place, places)
    return (isMap(value) ? value.items : []).flatMap(({key: inner}) => {
      const name = settingText(inner as Node)
      if (known.includes(name)) return []
      const message = `${place}: ${name}: ${unknownKey({name, place, known, places})}`
      return [{input: `${file}:${settingLine(inner as Node, {lines})}`, message}]
    })
  })
}

/** The settings of a place; none where it is not known. */
function readIn(place: string, places: Places): string[] {
  return (places[place] ?? '').split(' ').filter(Boolean)
}

/** The entries of a section; none where the file has no such section. */
function sectionOf(
  top: readonly Pair[],
  section: string,
  {file, lines}: {readonly file: string; readonly lines: LineCounter}
): readonly Pair[] {
  const found = top.find(({key}) => settingText(key as Node) === section)
  if (found === undefined || isMap(found.value)) return isMap(found?.value) ? found.value.items : []
  const value = found.value as Node | null
  if (isNothing(value)) return []
  const message = `${section}: is not a map of settings`
  throw new InputError([{input: `${file}:${settingLine(found.key as Node, {lines})}`, message}])
}

function namesOf(table: InputTable): string[] {
  return Object.entries(table).flatMap(([name, input]) => (isSetting(name, input) ? [name] : []))
}

function unknownKey(key: UnknownKey): string {
  const elsewhere = moved(key)
  if (elsewhere !== undefined) return elsewhere
  const {name, known, places} = key
  const guess = nearest(name, known)
  if (guess !== undefined) return `there is no such setting; did you mean ${guess}?`
  const far = Object.keys(places)
    .map(place => ({place, found: nearest(name, readIn(place, places))}))
    .find(({found}) => found !== undefined)
  if (far?.found !== undefined)
    return `there is no such setting; did you mean ${far.found}, ${standing(far.place)}?`
  return `there is no such setting; known are ${[...new Set(known)].join(', ')}`
}

/** What is said of a setting that only other places of the file have. */
function moved({name, place, places}: UnknownKey): string | undefined {
  const homes = Object.keys(places).filter(one => readIn(one, places).includes(name))
  if (homes.length === 0 || homes.includes(place)) return undefined
  return `is not read here, but ${homes.map(standing).join(' and ')}: move it there`
}

function standing(place: string): string {
  return place === 'top' ? 'at the top of the file' : `in the section ${place}`
}

function locate(issue: InputIssue, file: string, lines: readonly ConfigLine[] | undefined): InputIssue {
  if (lines === undefined) return issue
  const [start = '', number = '1'] = /^line (\d+): /.exec(issue.message) ?? []
  const line = lines[Number(number) - 1]?.line ?? lines[0]?.line ?? 1
  return {input: `${file}:${line}`, message: `${issue.input}: ${issue.message.slice(start.length)}`}
}
