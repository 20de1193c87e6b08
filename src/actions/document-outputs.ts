import type {Command, Outputs} from '../command/command.js'
import {ReleaseError, messageOf} from '../errors.js'
import type {Reporter} from '../ports.js'
import {DOCUMENT_MARK, type DocumentSet, type Documents, documentsIn} from '../host/documents.js'

/**
 * How many bytes of an output are passed on as they are. The step that takes it gets it as a variable, for which Linux has
 * 131,071 bytes with its name (execve(2), MAX_ARG_STRLEN); all outputs of a job have 1 MiB (docs, "Actions limits").
 */
export const MAX_OUTPUT = 120_000

interface Surroundings {
  /** Undefined where this runner has no service for artifacts. */
  readonly documents: Documents | undefined
  readonly reporter: Pick<Reporter, 'debug' | 'info' | 'warning'>
}

/**
 * Keeps the documents among the outputs of a command as an artifact. In place of one that is too large, an output says
 * where it is kept, which every input that takes it understands.
 * @throws ReleaseError ARTIFACT_FAILED where one is too large, and cannot be kept
 */
export async function keepDocuments(
  {documents: crossing}: Pick<Command, 'documents'>,
  outputs: Outputs,
  surroundings: Surroundings
): Promise<Outputs> {
  if (crossing === undefined) return outputs
  const set = documentsIn(crossing, outputs)
  const place = set === undefined ? '' : await keep(set, surroundings)
  const large = crossing.outputs.filter(name => Buffer.byteLength(outputs[name] ?? '') > MAX_OUTPUT)
  if (place === '') assertNone(large, outputs)
  return {
    ...outputs,
    ...Object.fromEntries(large.map(name => [name, place])),
    [crossing.place]: place
  }
}

async function keep({name, files}: DocumentSet, {documents, reporter}: Surroundings): Promise<string> {
  if (documents === undefined) return ''
  try {
    await documents.save(name, files)
    reporter.info(`Kept as artifact ${name}: ${files.map(file => file.name).join(', ')}.`)
    return `${DOCUMENT_MARK}${name}`
  } catch (error) {
    const isMissing = error instanceof ReleaseError && error.code === 'SERVER_UNSUPPORTED'
    const text = `Later jobs get what this step made by its outputs alone: ${messageOf(error)}`
    if (isMissing) reporter.debug(text)
    else reporter.warning(text)
    return ''
  }
}

function assertNone(large: readonly string[], outputs: Outputs): void {
  if (large.length === 0) return
  const sizes = large.map(name => `${name} (${Buffer.byteLength(outputs[name] ?? '')} bytes)`)
  throw new ReleaseError(
    'ARTIFACT_FAILED',
    `too large for an output of a step, and not kept as an artifact: ${sizes.join(', ')}; ${MAX_OUTPUT} bytes fit`,
    {
      hint: 'Run the step again if the artifact service failed. Otherwise release fewer targets in one plan.'
    }
  )
}
