import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

/** The files of a program by their path in its folder, each with its text. */
export type Sources = ReadonlyMap<string, string>

/**
 * The floors, from the roof down: folders and files of src. A file imports from its own folder and from floors
 * below; never up, and never from another folder of its own floor. Each names the packages it may use.
 */
const FLOORS: readonly Readonly<Record<string, readonly string[]>>[] = [
  {'main.ts': []},
  {hosts: ['@actions/*', 'cli-progress', 'p-limit', 'node:*']},
  {commands: []},
  {
    transaction: ['p-limit'],
    signing: ['p-limit', 'node:*'],
    gates: ['node:*'],
    cleanup: ['p-limit'],
    deployment: ['p-retry', 'yaml', 'node:*'],
    onboarding: ['yaml', 'diff', '@actions/workflow-parser', 'node:*'],
    sample: ['node:*']
  },
  {
    registry: ['p-limit', 'p-retry', 'smol-toml', 'node:*'],
    builders: ['semver', 'tar-stream', 'dockerfile-ast', 'node:*'],
    'embedded-registry': ['node:*'],
    'package-hosts': ['p-limit']
  },
  {
    'ports.ts': ['node:stream'],
    'shared/temp-folder.ts': ['node:*'],
    'shared/foreign-file.ts': ['node:fs', 'node:fs/promises', 'node:os'],
    'shared/child-environment.ts': []
  },
  {reports: []},
  {
    tags: ['semver', 'dayjs', 'handlebars', 'picomatch', 'smol-toml', 'yaml', 'node:crypto'],
    release: ['semver', 'node:crypto'],
    retention: ['semver', 'picomatch'],
    config: ['yaml']
  },
  {inputs: ['fastest-levenshtein']},
  {plan: ['zod', 'node:crypto']},
  {oci: ['node:crypto'], versions: [], expressions: []},
  {'errors.ts': [], 'contracts/workflow-run.ts': [], 'version.ts': [], 'shared/yaml-bounds.ts': ['yaml']}
]

/** Folders that may not import each other although they stand in one folder. */
const ROOMS = ['hosts/cli', 'hosts/github']

/** What only src/hosts may do, though floors below it may use Node's own modules. */
const HOST_MODULES = ['node:child_process', 'node:process', 'node:readline', 'node:tty']

/** Reads all TypeScript files of a folder. */
export function readSources(folder: string): Sources {
  const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.ts'))
  return new Map(
    files.sort().map(file => [file.split(path.sep).join('/'), readFileSync(path.join(folder, file), 'utf8')])
  )
}

/** Every breach of the rule, one sentence each. */
export function findBreaches(sources: Sources): string[] {
  const graph = new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]))
  return [
    ...[...graph].flatMap(([file, imports]) => imports.flatMap(target => importBreach(file, target))),
    ...findCircles(graph),
    ...[...sources].flatMap(([file, text]) => processBreaches(file, text))
  ]
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

function importBreach(file: string, target: string): string[] {
  const from = floorOf(file)
  if (from === undefined) return [`${file} stands on no floor: give its folder one in the import rule`]
  if (!target.endsWith('.ts')) return packageBreach(file, target)
  const to = floorOf(target)
  if (to === undefined) return [`${file} imports ${target}, which stands on no floor`]
  if (to < from) return [`${file} imports ${target}: up`]
  const isSideways = to === from && partOf(target) !== partOf(file)
  return isSideways || isBetweenRooms(file, target) ? [`${file} imports ${target}: sideways`] : []
}

function packageBreach(file: string, name: string): string[] {
  const part = partOf(file)
  const allowed = FLOORS.flatMap(floor => floor[part] ?? [])
  const isAllowed = allowed.some(pattern =>
    pattern.endsWith('*')
      ? name.startsWith(pattern.slice(0, -1))
      : name === pattern || name.startsWith(`${pattern}/`)
  )
  if (!isAllowed) return [`${file} imports ${name}: ${part} may not`]
  return HOST_MODULES.includes(name) && part !== 'hosts' ? [`${file} imports ${name}: only hosts may`] : []
}

/** The first step of a path: a folder of src, or a file that stands in src itself. */
function partOf(file: string): string {
  return file.split('/')[0] ?? file
}

/** 0 is the roof. */
function floorOf(file: string): number | undefined {
  const index = FLOORS.findIndex(floor => Object.hasOwn(floor, partOf(file)))
  return index < 0 ? undefined : index
}

function isBetweenRooms(file: string, target: string): boolean {
  const [from, to] = [file, target].map(end => ROOMS.find(room => end.startsWith(`${room}/`)))
  return from !== undefined && to !== undefined && from !== to
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

/** Arguments, variables, streams and exit code of the process belong to the hosts. */
function processBreaches(file: string, text: string): string[] {
  if (partOf(file) === 'hosts' || !/\bprocess\b/.test(text)) return []
  const breaches: string[] = []
  const visit = (node: ts.Node): void => {
    const isUse =
      (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'process'
    if (isUse) breaches.push(`${file} uses ${node.getText()}: only hosts may`)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return breaches
}
