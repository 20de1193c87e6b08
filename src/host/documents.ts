import {createHash} from 'node:crypto'
import type {CrossingDocuments, Outputs} from '../command/command.js'
import {ReleaseError} from '../errors.js'
import type {ArtifactFile} from '../ports.js'

/** The longest document that is read, in bytes: a plan of the most jobs that GitHub runs has a tenth of it. */
export const MAX_DOCUMENT = 16 * 1024 * 1024

/** What stands before the name in an input that takes a document. */
export const DOCUMENT_MARK = 'artifact:'

/** Where documents lie that cross jobs: workflow artifacts, or a folder. */
export interface Documents {
  /**
   * Keeps documents under a name. What is there already is the same, for the name says what is in it.
   * @throws ReleaseError ARTIFACT_FAILED, SERVER_UNSUPPORTED where they cannot be kept
   */
  save(name: string, files: readonly ArtifactFile[]): Promise<void>
  /** What lies under a name; undefined where nothing does. */
  load(name: string): Promise<readonly ArtifactFile[] | undefined>
}

/** Documents of one call of a command, and the name that they are kept under. */
export interface DocumentSet {
  readonly name: string
  readonly files: readonly ArtifactFile[]
}

/** The documents among the outputs of a command; undefined where it gave none. */
export function documentsIn(
  {outputs: names, place}: CrossingDocuments,
  outputs: Outputs
): DocumentSet | undefined {
  const files = names.flatMap((name): ArtifactFile[] =>
    outputs[name] ? [{name: fileOf(name), text: outputs[name]}] : []
  )
  return files.length === 0 ? undefined : {name: `${outputs[place] ?? ''}-${stampOf(files)}`, files}
}

/**
 * The document that an input asks for by `artifact:NAME`: of several, the one that is named as the input is.
 * @throws Error with what is there instead
 */
export async function readNamedDocument(
  reference: string,
  input: string,
  documents: Documents
): Promise<string> {
  const name = reference.slice(DOCUMENT_MARK.length).trim()
  const files = (name === '' ? undefined : await documents.load(name)) ?? []
  const [first, ...others] = files
  if (first === undefined)
    throw new Error(
      name === ''
        ? 'the name of the artifact is empty: the job before gave out none, and its log says why'
        : `there is no artifact ${name} in this run: run the job again that kept it, or give the document itself`
    )
  assertStamp(name, files)
  const found = files.find(file => file.name === fileOf(input)) ?? (others.length === 0 ? first : undefined)
  if (found !== undefined) return found.text
  throw new Error(
    `artifact ${name} has ${files.map(file => file.name).join(', ')}, and no ${fileOf(input)}: give the file itself`
  )
}

function fileOf(name: string): string {
  return `${name}.json`
}

const STAMP = /-([0-9a-f]{16})$/

function stampOf(files: readonly ArtifactFile[]): string {
  const content = files.map(({name, text}) => [name, text]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16)
}

/** A later job could have put another document there: the name, which came as an output, says what it must be. */
function assertStamp(name: string, files: readonly ArtifactFile[]): void {
  const stamp = STAMP.exec(name)?.[1]
  if (stamp === undefined || stamp === stampOf(files)) return
  throw new ReleaseError(
    'RECORD_INVALID',
    `artifact ${name} is not what was kept under this name: somebody else has written it since`
  )
}
