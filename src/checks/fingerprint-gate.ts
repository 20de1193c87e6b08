import {InputError, ReleaseError, messageOf} from '../errors.js'
import {type LayerFingerprint, parseLayerFingerprint} from '../oci/layer-fingerprint.js'
import type {Ports} from '../ports.js'

const FINGERPRINT = /^(?:sha256:)?[0-9a-f]{64}$/i

/** Where the fingerprint that is expected stands. */
export type FingerprintSource =
  {readonly value: string} | {readonly file: string} | {readonly artifact: string}

/** Reads what says it: the value itself, `artifact:NAME`, or the path of a file. */
export function fingerprintSource(text: string): FingerprintSource {
  if (FINGERPRINT.test(text)) return {value: text.toLowerCase()}
  return text.startsWith('artifact:') ? {artifact: text.slice('artifact:'.length).trim()} : {file: text}
}

/**
 * Fetches the fingerprint of the image that was tested, also from the job of another machine.
 * @throws InputError where it is not there, or is none
 */
export async function expectedFingerprint(
  source: FingerprintSource,
  {readText, artifacts}: Pick<Ports, 'readText' | 'artifacts'>
): Promise<LayerFingerprint> {
  if ('value' in source) return parseLayerFingerprint(source.value)
  const name = 'file' in source ? `file ${source.file}` : `artifact ${source.artifact}`
  const text =
    'file' in source ? await readText(source.file) : await textOfArtifact(source.artifact, artifacts)
  if (text === undefined) throw wrong(`there is no ${name}`)
  try {
    return parseLayerFingerprint(text)
  } catch (error) {
    throw wrong(`${name}: ${messageOf(error)}`)
  }
}

async function textOfArtifact(name: string, artifacts: Ports['artifacts']): Promise<string | undefined> {
  const files = await artifacts.load(name)
  const [file, ...others] = files ?? []
  if (others.length > 0) throw wrong(`artifact ${name} holds ${others.length + 1} files, not one`)
  return file === undefined ? undefined : Buffer.from(file.bytes).toString('utf8')
}

function wrong(message: string): InputError {
  return new InputError([{input: 'expected-fingerprint', message}])
}

/**
 * Makes sure that an image has the layers that were tested.
 * @throws ReleaseError FINGERPRINT_MISMATCH, with both
 */
export function assertFingerprint(found: LayerFingerprint, expected: LayerFingerprint, title: string): void {
  if (found === expected) return
  throw new ReleaseError(
    'FINGERPRINT_MISMATCH',
    `${title}: the layers are not those that were tested: ${found} was built, ${expected} is expected`,
    {
      hint: 'Nothing was pushed. The cache of the tested build was not there, or a step gives other files each time: test and push in one job, or see which layer differs.'
    }
  )
}
