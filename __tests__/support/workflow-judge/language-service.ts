import {readFileSync} from 'node:fs'
import path from 'node:path'
import {validate} from '@actions/languageservice'
import {actionFacts} from './actions.js'
import type {Finding} from './finding.js'
import {ROOT, type Files, type Source} from './sources.js'

type Document = Parameters<typeof validate>[0]

let judged = 0

/**
 * What GitHub's own language service says of a workflow or a composite action; warnings are as good as errors.
 * It remembers documents by their address, so that each text gets one of its own.
 */
export async function languageServiceFindings(
  {name, text, files}: Source,
  kind: 'workflow' | 'action'
): Promise<Finding[]> {
  const file = kind === 'action' ? 'action.yml' : '.github/workflows/judged.yml'
  // It asks for no more of a document than these two.
  const document = {uri: `file:///${judged++}/${file}`, getText: () => text} as Document
  const found = await validate(document, {
    fileProvider: {
      getFileContent: reference =>
        Promise.resolve({
          name: reference.path,
          content: ownFile(reference.path, 'owner' in reference ? undefined : files)
        })
    },
    actionsMetadataProvider: {
      fetchActionMetadata: reference => Promise.resolve(metadataOf(reference, files))
    }
  })
  return found.map(({message, range}) => ({
    place: `${name}, line ${range.start.line + 1}`,
    message: typeof message === 'string' ? message : message.value
  }))
}

interface Reference {
  readonly owner: string
  readonly name: string
  readonly ref: string
  readonly path?: string
}

interface Metadata {
  readonly name: string
  readonly description: string
  readonly inputs: Record<string, {description: string; required: boolean; default?: string}>
}

function metadataOf({owner, name, path: below = '', ref}: Reference, files: Files): Metadata | undefined {
  const uses = `${[owner, name, below].filter(Boolean).join('/')}@${ref}`
  const facts = actionFacts(uses, files)
  if (facts === undefined) return undefined
  const inputs = Object.entries(facts.inputs).map(([input, {isRequired, default: value}]) => [
    input,
    {description: input, required: isRequired, ...(value === undefined ? {} : {default: value})}
  ])
  return {name: uses, description: uses, inputs: Object.fromEntries(inputs) as Metadata['inputs']}
}

/** Reusable workflows and actions of this project stand in it; those of `./` in the repository of the workflow. */
function ownFile(file: string, files: Files | undefined): string {
  return files?.(file) ?? readFileSync(path.join(ROOT, file), 'utf8')
}
