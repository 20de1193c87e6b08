import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import {BELOW_ALL, OF_THE_PROCESS, ROOMS, type Room} from '../../scripts/rooms.js'

/** The files of a program by their path in its folder, each with its text. */
export type Sources = ReadonlyMap<string, string>

/** Rooms by their names. */
export type Rooms = Readonly<Record<string, Room>>

/** Modules of Node that only compute. All others reach out of the process. */
const PURE_MODULES = ['node:crypto', 'node:path', 'node:util', 'node:string_decoder']

/** Packages that only compute. */
const PURE_PACKAGES = [
  '@actions/workflow-parser',
  'dayjs',
  'diff',
  'dockerfile-ast',
  'fastest-levenshtein',
  'handlebars',
  'picomatch',
  'semver',
  'smol-toml',
  'yaml',
  'zod'
]

/** Files that put results into words and tables, for people. */
const PRESENTATION = /[-/](summary|report|explanation|table|junit|diagnosis-text)\.ts$/

/** What only the rooms of the process may import, though others may use Node's own modules. */
const PROCESS_MODULES = ['node:child_process', 'node:process', 'node:readline', 'node:tty']

/** Reads all TypeScript files of a folder. */
export function readSources(folder: string): Sources {
  const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.ts'))
  return new Map(
    files.sort().map(file => [file.split(path.sep).join('/'), readFileSync(path.join(folder, file), 'utf8')])
  )
}

/** Every breach of the rule, one sentence each. */
export function findBreaches(sources: Sources, rooms: Rooms = ROOMS): string[] {
  const graph = new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]))
  return [
    ...[...graph].flatMap(([file, imports]) => imports.flatMap(target => importBreach(file, target, rooms))),
    ...findCircles(graph),
    ...impurities(graph, rooms),
    ...[...sources].flatMap(([file, text]) => processBreaches(file, text))
  ]
}

/** What a table of rooms says that is not so: a room that uses one above it, an arrow that no import needs, a head that is not there. */
export function findTableFaults(sources: Sources, rooms: Rooms = ROOMS): string[] {
  const order = Object.keys(rooms)
  const used = new Set(
    [...sources].flatMap(([file, text]) =>
      importsOf(file, text).map(target => `${roomOf(file)} > ${target.endsWith('.ts') ? roomOf(target) : ''}`)
    )
  )
  return Object.entries(rooms).flatMap(([room, {head, uses, pure}]) => [
    ...(sources.has(`${room}.ts`) || head.length > 0 ? [] : [`${room} has no file to read first`]),
    ...head.filter(file => !sources.has(`${room}/${file}.ts`)).map(file => `${room} has no ${file}.ts`),
    ...uses
      .filter(to => order.indexOf(to) <= order.indexOf(room))
      .map(to => `${room} uses ${to}, which stands above it`),
    ...uses.filter(to => !used.has(`${room} > ${to}`)).map(to => `${room} need not use ${to}`),
    ...pure
      .filter(place => pureFiles(room, place, sources).length === 0)
      .map(place => `${room} has no ${place}`)
  ])
}

/** The files of src that are pure: nothing that they import, types too, leads out of the process. */
export function pureFilesOf(sources: Sources): string[] {
  const graph = new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]))
  const cause = causes(graph)
  return [...sources.keys()].filter(file => cause(file) === undefined)
}

/** The files and packages that a file imports, types too; files by their path in the folder. */
function importsOf(file: string, text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({fileName}) => {
    const isFile = fileName.startsWith('.')
    return isFile ? path.posix.join(path.posix.dirname(file), fileName).replace(/\.js$/, '.ts') : fileName
  })
}

/** The packages that these files load with themselves: by imports that are no types, and that do not wait for a need. */
export function packagesLoadedWith(roots: readonly string[], sources: Sources): string[] {
  const loaded = new Set<string>()
  const left = [...roots]
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (loaded.has(file)) continue
    loaded.add(file)
    const text = sources.get(file)
    if (text !== undefined) left.push(...loadedBy(file, text))
  }
  return [...loaded].filter(name => !sources.has(name) && !name.startsWith('node:')).sort()
}

function loadedBy(file: string, text: string): string[] {
  const {statements} = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
  return statements.flatMap(statement => {
    const isLoad = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)
    if (!isLoad || statement.moduleSpecifier === undefined || isOfTypes(statement)) return []
    const {text: name} = statement.moduleSpecifier as ts.StringLiteral
    return [
      name.startsWith('.') ? path.posix.join(path.posix.dirname(file), name).replace(/\.js$/, '.ts') : name
    ]
  })
}

/** The compiler takes an import of types alone away, with the word before the braces or before each name. */
function isOfTypes(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly
  const {importClause: clause} = statement
  if (clause === undefined) return false
  const {namedBindings: named} = clause
  const isEach =
    named !== undefined && ts.isNamedImports(named) && named.elements.every(one => one.isTypeOnly)
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword || (clause.name === undefined && isEach)
}

function importBreach(file: string, target: string, rooms: Rooms): string[] {
  const from = roomOf(file)
  const room = rooms[from]
  if (room === undefined) return [`${file} is in no room: give its folder one in scripts/rooms.ts`]
  if (!target.endsWith('.ts')) return packageBreach(file, target, room)
  const to = roomOf(target)
  const order = Object.keys(rooms)
  const isBelowAll = BELOW_ALL.includes(to) && order.indexOf(to) > order.indexOf(from)
  const isAllowed = to === from || isBelowAll || room.uses.includes(to)
  if (isAllowed && isWork(file) && PRESENTATION.test(target))
    return [`${file} imports ${target}, which tells results`]
  return isAllowed ? [] : [`${file} imports ${target}: ${from} may not use ${to}`]
}

/** Whether a file does the work of its room: it is in a folder of it. Results are told by the commands, at the head. */
function isWork(file: string): boolean {
  return file.split('/').length > 2 && !PRESENTATION.test(file)
}

function packageBreach(file: string, name: string, {packages}: Room): string[] {
  const from = roomOf(file)
  if (!packages.some(pattern => isPackage(name, pattern))) return [`${file} imports ${name}: ${from} may not`]
  const isOfProcess = PROCESS_MODULES.some(module => isPackage(name, module))
  return isOfProcess && !OF_THE_PROCESS.includes(from)
    ? [`${file} imports ${name}: only ${OF_THE_PROCESS.join(', ')} may`]
    : []
}

/** A pattern ends with `*` for all packages of a scope, or modules of Node. */
function isPackage(name: string, pattern: string): boolean {
  if (pattern.endsWith('*')) return name.startsWith(pattern.slice(0, -1))
  return name === pattern || name.startsWith(`${pattern}/`)
}

/** The first step of a path: a folder of src, or the name of a file that stands in src itself. */
function roomOf(file: string): string {
  const [first = file] = file.split('/')
  return first.replace(/\.ts$/, '')
}

/** Files that the table calls pure and that are not, each with the import that leads out. */
function impurities(graph: ReadonlyMap<string, readonly string[]>, rooms: Rooms): string[] {
  const cause = causes(graph)
  return Object.entries(rooms).flatMap(([room, {pure}]) =>
    pure
      .flatMap(place => pureFiles(room, place, graph))
      .flatMap(file => {
        const found = cause(file)
        return found === undefined ? [] : [`${file} is to be pure, and imports ${found}`]
      })
  )
}

/** The files of a place in a room: all for '', those of a folder for `folder/`, else the one of this name. */
function pureFiles(room: string, place: string, files: ReadonlyMap<string, unknown>): string[] {
  return [...files.keys()].filter(file => {
    if (roomOf(file) !== room) return false
    const start = `${room}/${place}`
    return place === '' || (place.endsWith('/') ? file.startsWith(start) : file === `${start}.ts`)
  })
}

/** Says by which import a file leads out of the process; undefined for a pure one. */
function causes(graph: ReadonlyMap<string, readonly string[]>): (file: string) => string | undefined {
  const known = new Map<string, string | undefined>()
  const find = (file: string): string | undefined => {
    if (known.has(file)) return known.get(file)
    // A circle is a breach of its own.
    known.set(file, undefined)
    const found = (graph.get(file) ?? []).find(target =>
      target.endsWith('.ts') ? target === 'ports.ts' || find(target) !== undefined : !isPure(target)
    )
    known.set(file, found)
    return found
  }
  return find
}

function isPure(name: string): boolean {
  return [...PURE_MODULES, ...PURE_PACKAGES].some(pattern => isPackage(name, pattern))
}

/** Each circle once, as a chain of its files. */
function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const visit = (file: string, chain: readonly string[]): string[] => {
    const start = chain.indexOf(file)
    if (start >= 0) return [`a circle: ${[...chain.slice(start), file].join(' > ')}`]
    if (done.has(file)) return []
    const circles = (graph.get(file) ?? []).flatMap(target => visit(target, [...chain, file]))
    done.add(file)
    return circles
  }
  return [...graph.keys()].flatMap(file => visit(file, []))
}

/** Arguments, variables, streams and exit code of the process belong to few rooms. */
function processBreaches(file: string, text: string): string[] {
  if (OF_THE_PROCESS.includes(roomOf(file)) || !/\bprocess\b/.test(text)) return []
  const breaches: string[] = []
  const visit = (node: ts.Node): void => {
    const isUse =
      (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'process'
    if (isUse) breaches.push(`${file} uses ${node.getText()}: only ${OF_THE_PROCESS.join(', ')} may`)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return breaches
}
