import type {Command, Outputs} from '../command/command.js'
import {type InputIssue, InputError} from '../errors.js'
import {maskLines} from '../command/mask-forms.js'
import {nearest} from '../shared/did-you-mean.js'
import type {Caches, Reporter} from '../ports.js'
import {DOCUMENT_MARK, type Documents, MAX_DOCUMENT, documentsIn} from '../host/documents.js'
import {causeLines, errorLines} from '../host/error-lines.js'
import type {Host} from '../host/host.js'
import {gatherTexts} from '../host/raw-inputs.js'
import {type HostParts, openSystemPorts} from '../machine/system-ports.js'
import {ownHome} from '../shared/own-home.js'
import {PROGRAM_VERSION} from '../version.js'
import {type Arguments, readArguments, variableOf} from './arguments.js'
import {SHELLS, type Shell, completionScript} from './completion.js'
import {confirmOnTerminal} from './confirm.js'
import {openFolderStore} from './folder-digest-store.js'
import {newestRun, openFolderJournal} from './folder-journal.js'
import {BUILT_INS, PLAIN_WIDTH, builtInHelp, commandHelp, overview} from './help.js'
import {OWN_FOLDER} from './own-folder.js'
import {type CliReporter, cliReporter} from './reporter.js'
import {openRunNotes} from './run-notes.js'
import {readCliRun} from './run.js'
import {resultJson, resultTable} from './result.js'
import path from 'node:path'
import {openFolderArtifacts} from './folder-artifacts.js'

/** A host that also finds out which command was asked for, and answers --help and --version itself. */
export interface CliHost extends Host {
  /** Undefined where there is nothing to run. */
  commandName(): Promise<string | undefined>
}

const RECORDS_FOLDER = `${OWN_FOLDER}/records`
const JOURNAL_FOLDER = `${OWN_FOLDER}/journal`
const ARTIFACTS_FOLDER = `${OWN_FOLDER}/artifacts`

/** Opens the host of a command line. */
export function openCliHost(names: readonly string[], load: (name: string) => Promise<Command>): CliHost {
  const [first = '--help', ...args] = process.argv.slice(2)
  const state: {globals: Arguments['globals']} = {globals: {}}
  const reporter = cliReporter(process.env)
  const notes = openRunNotes(OWN_FOLDER, openFolderJournal(JOURNAL_FOLDER), {
    args,
    redact: text => reporter.redact(text)
  })
  const {ports, close} = openSystemPorts({
    reporter,
    journal: {...notes.journal, newest: async () => await newestRun(OWN_FOLDER, JOURNAL_FOLDER)},
    ...hostParts(() => state.globals, reporter)
  })
  return {
    ports,
    commandName: async () => await chooseCommand(first, args, {names, load}),
    async read(command) {
      const given = readArguments(args, command.inputs)
      state.globals = given.globals
      reporter.setSummaryFile(given.globals.summary)
      const texts = await gatherTexts(command.inputs, {
        textOf: name => given.texts[name] ?? process.env[variableOf(name)],
        environment: process.env,
        documents: openFolderDocuments(given.globals['records-folder'] ?? RECORDS_FOLDER)
      })
      return {texts: texts.texts, issues: [...given.issues, ...texts.issues, ...outputIssues(command, given)]}
    },
    hide: secret => hideLines(reporter, secret),
    begin: command => notes.begin(command),
    write: async (command, outputs) => {
      await Promise.all([notes.end(), writeOutputs(command, outputs, state.globals)])
    },
    async fail(error) {
      fail(reporter, error)
      await notes.end(error)
    },
    close
  }
}

/** Prints what a command gave out: as it was asked for, else for a person or a program. */
async function writeOutputs(
  command: Command,
  outputs: Outputs,
  globals: Arguments['globals']
): Promise<void> {
  const kept = await keepDocuments(command, outputs, globals['records-folder'])
  const isJson = globals.json === 'true'
  const only = globals.output ?? (isJson ? undefined : command.prints)
  if (only !== undefined && !Object.hasOwn(kept, only))
    throw new InputError([unknownOutput(command, only, kept)])
  if (Object.keys(command.outputs).length === 0) return
  if (only !== undefined) print(kept[only] ?? '')
  else if (isJson || !process.stdout.isTTY) print(resultJson(command, kept))
  else print(resultTable(kept, columnsNow()))
}

/** What stands in folders and on the terminal of a command line, by the options that are given. */
function hostParts(
  globals: () => Arguments['globals'],
  reporter: Pick<Reporter, 'warning'>
): Omit<HostParts, 'reporter' | 'journal'> {
  return {
    digests: openFolderStore(
      () => globals()['records-folder'] ?? RECORDS_FOLDER,
      line => {
        reporter.warning(line)
      }
    ),
    artifacts: openFolderArtifacts(ARTIFACTS_FOLDER),
    caches: openFolderCaches(process.env),
    confirm: signal =>
      confirmOnTerminal({
        input: process.stdin,
        output: process.stderr,
        environment: process.env,
        isSure: () => globals().yes === 'true',
        signal
      }),
    readRun: async (facts, source) =>
      await readCliRun({environment: process.env, given: globals(), source}, facts)
  }
}

interface Choice {
  readonly names: readonly string[]
  readonly load: (name: string) => Promise<Command>
}

/** The command to run; undefined where the command line has answered by itself. */
async function chooseCommand(
  first: string,
  args: readonly string[],
  {names, load}: Choice
): Promise<string | undefined> {
  const answer = await ownAnswer(first, args, {names, load})
  if (answer !== undefined) {
    print(answer)
    return undefined
  }
  if (!names.includes(first)) throw unknownCommand(first, names)
  return first
}

/** What the command line says without running anything; undefined where a command is to run. */
async function ownAnswer(
  first: string,
  args: readonly string[],
  {names, load}: Choice
): Promise<string | undefined> {
  const isHelp = args.includes('--help') || args.includes('-h')
  if (first === '--version' || first === '-v') return PROGRAM_VERSION
  if (first === '--help' || first === '-h') return await helpOf(args[0], {names, load})
  if (first === 'help')
    return await helpOf(args.find(word => !word.startsWith('-')) ?? (isHelp ? first : args[0]), {names, load})
  if (isHelp) return await helpOf(first, {names, load})
  if (first === 'completion') return completionScript(shellIn(args), await Promise.all(names.map(load)))
  return undefined
}

/** @throws InputError where there is no such command */
async function helpOf(wanted: string | undefined, {names, load}: Choice): Promise<string> {
  const columns = columnsNow()
  if (wanted === undefined) return overview(await Promise.all(names.map(load)), columns)
  const builtIn = BUILT_INS.find(({name}) => name === wanted)
  if (builtIn !== undefined) return builtInHelp(builtIn, columns)
  if (!names.includes(wanted)) throw unknownCommand(wanted, names)
  return commandHelp(await load(wanted), columns)
}

/** As wide as the terminal, and no wider than is good to read. */
function columnsNow(): number {
  const columns = process.stdout.columns || Number(process.env['COLUMNS'])
  return Number.isInteger(columns) && columns > 0 ? Math.min(Math.max(columns, 40), 100) : PLAIN_WIDTH
}

/** @throws InputError for any other word */
function shellIn([word = '', ...others]: readonly string[]): Shell {
  const shell = SHELLS.find(one => one === word)
  if (shell !== undefined && others.length === 0) return shell
  throw new InputError([{input: 'completion', message: `takes one of ${SHELLS.join(', ')}`}])
}

function unknownCommand(wanted: string, names: readonly string[]): InputError {
  const all = [...names, ...BUILT_INS.map(({name}) => name)]
  const message = wanted.startsWith('-')
    ? flagFirst(wanted)
    : `${wordFirst(nearest(wanted, all))} Commands: ${all.join(', ')}`
  return new InputError([{input: wanted, message}])
}

function wordFirst(guess: string | undefined): string {
  return `there is no such command${guess ? `; did you mean ${guess}?` : '.'}`
}

/** Flags of a command stand behind it; only these stand alone. */
function flagFirst(written: string): string {
  const guess = nearest(written, ['--help', '--version'])
  return guess === undefined
    ? 'give a command first, then its flags; image-release --help lists the commands'
    : `there is no such flag; did you mean ${guess}?`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function outputIssues(command: Command, {globals}: Arguments): {input: string; message: string}[] {
  const {output} = globals
  if (output === undefined || Object.hasOwn(command.outputs, output)) return []
  return command.furtherOutputs?.test(output) === true
    ? []
    : [unknownOutput(command, output, command.outputs)]
}

function unknownOutput({name}: Command, output: string, known: Outputs): InputIssue {
  const message = `${name} has no output ${JSON.stringify(output)}; it has ${Object.keys(known).join(', ')}`
  return {input: 'output', message}
}

function hideLines(reporter: CliReporter, secret: string | undefined): void {
  for (const line of maskLines(secret ?? '')) reporter.secret(line)
}

/** On a command line no output is lost: documents are kept where a folder of records is named. */
async function keepDocuments(
  {documents: crossing}: Command,
  outputs: Outputs,
  folder: string | undefined
): Promise<Outputs> {
  if (crossing === undefined) return outputs
  const set = documentsIn(crossing, outputs)
  if (set === undefined || folder === undefined) return {...outputs, [crossing.place]: ''}
  await openFolderDocuments(folder).save(set.name, set.files)
  return {...outputs, [crossing.place]: `${DOCUMENT_MARK}${set.name}`}
}

function fail(reporter: CliReporter, error: unknown): void {
  for (const line of causeLines(error)) reporter.debug(line)
  for (const line of errorLines(error)) reporter.error(line)
  process.exitCode = error instanceof InputError ? 2 : 1
}

/**
 * Folders below the user's own cache, where they stay by themselves (XDG Base Directory Specification); where the user has
 * no home, beside the records.
 */
export function openFolderCaches(environment: Readonly<Record<string, string | undefined>>): Caches {
  const home = ownHome()
  const ofUser = home === undefined ? path.resolve(OWN_FOLDER, 'cache') : path.join(home, '.cache')
  const root = environment['XDG_CACHE_HOME'] || ofUser
  return {
    restore: name => Promise.resolve({folder: path.join(root, 'image-release', name)}),
    save: () => Promise.resolve()
  }
}

/**
 * Documents as files, in a folder for each name beside the records.
 * @throws ReleaseError ARTIFACT_FAILED where they cannot be written; RECORD_INVALID for what cannot be read
 */
export function openFolderDocuments(root: string): Documents {
  const kept = openFolderArtifacts(root, MAX_DOCUMENT)
  return {
    async save(name, files) {
      await kept.save(name, files)
    },
    async load(name) {
      const files = await kept.load(name)
      return files?.map(file => ({name: file.name, text: Buffer.from(file.bytes).toString('utf8')}))
    }
  }
}
