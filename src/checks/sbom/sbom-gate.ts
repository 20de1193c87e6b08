import {ReleaseError, messageOf} from '../../errors.js'
import {readForeignFile} from '../../shared/foreign-file.js'
import type {Attachment} from '../../oci/artifact-manifest.js'
import {MAX_SBOM_SIZE, sbomType} from './sbom-type.js'
import type {Ports} from '../../ports.js'
import {type GateCall, endOf, runGate} from '../gate-command.js'

/** How a bill of materials is made. */
export interface SbomGate {
  readonly call: GateCall
  /** `app, linux/amd64`, for people. */
  readonly title: string
  /** The file that the tool writes. */
  readonly file: string
}

/**
 * Has a tool make the bill of materials of an image.
 * @throws ReleaseError SBOM_INVALID where it fails, or what it wrote is none
 */
export async function makeSbom(
  {call, title, file}: SbomGate,
  ports: Pick<Ports, 'exec' | 'reporter' | 'clock' | 'signal'>
): Promise<Attachment> {
  const run = await ports.reporter.group(`Bill of materials of ${title}`, () => runGate(call, ports))
  if (run.exitCode !== 0 || run.timedOut)
    throw new ReleaseError(
      'SBOM_INVALID',
      `the bill of materials of ${title} could not be made: ${endOf(run, call.timeout)}`,
      {hint: 'Nothing was pushed. Run the tool by itself to see what it lacks.'}
    )
  return await readSbom(file)
}

/**
 * Reads a bill of materials.
 * @throws ReleaseError SBOM_INVALID where there is none, or the file is something else
 */
export async function readSbom(file: string): Promise<Attachment> {
  const bytes = await bytesOf(file)
  return {artifactType: sbomType(file, new TextDecoder().decode(bytes)), bytes}
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readForeignFile(file, MAX_SBOM_SIZE)
  } catch (cause) {
    throw new ReleaseError('SBOM_INVALID', `the bill of materials cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: 'The tool must write it to the file that $SBOM_FILE names.'
    })
  }
}
