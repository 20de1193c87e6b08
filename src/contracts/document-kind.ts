import {isObject} from '../shared/json.js'

/** How the documents that cross jobs are called, each by the output that it is. */
export const DOCUMENTS = {
  plan: 'the output "plan" of compute-tags',
  release: 'the output "release" of merge-manifest',
  journal: 'the output "journal" of merge-manifest',
  report: 'the output "report" of verify-release',
  'scan-matrix': 'the output "scan-matrix" of compute-tags'
} as const

/** A document that crosses jobs. */
export type DocumentName = keyof typeof DOCUMENTS

type Test = (document: unknown) => boolean

/** What can be taken for one another, each with what shows it; the surest first. */
const KINDS: readonly (readonly [name: DocumentName | undefined, what: string, is: Test])[] = [
  [undefined, 'all outputs of compute-tags; give one with --output plan', has('plan', 'build-matrix')],
  [
    undefined,
    'all outputs of a release; give one with --output, such as --output release',
    has('release', 'journal')
  ],
  ['plan', DOCUMENTS.plan, has('targets', 'source')],
  ['plan', DOCUMENTS.plan, has('targets', 'push')],
  ['release', DOCUMENTS.release, has('schema', 'targets')],
  ['journal', DOCUMENTS.journal, listIn('tags', 'reference', 'after')],
  ['report', DOCUMENTS.report, document => has('reference', 'faults')(firstOf(document))],
  ['scan-matrix', DOCUMENTS['scan-matrix'], listIn('include', 'target', 'level')],
  [undefined, 'a job matrix of compute-tags', listIn('include', 'target')],
  [undefined, 'the output "json" of compute-tags', has('tags', 'labels')],
  [undefined, 'the manifest of an image', has('schemaVersion')]
]

/**
 * What a document is that is another one than was asked for: said in place of all that it lacks.
 * @returns undefined where it is the right one, or none that is known
 */
export function wrongDocument(document: unknown, wanted: DocumentName): string | undefined {
  const kind = KINDS.find(([, , is]) => is(document))
  return kind === undefined || kind[0] === wanted ? undefined : `this is ${kind[1]}`
}

function has(...names: readonly string[]): Test {
  return document => isObject(document) && names.every(name => Object.hasOwn(document, name))
}

function listIn(field: string, ...names: readonly string[]): Test {
  return document => isObject(document) && has(...names)(firstOf(document[field]))
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined
}
