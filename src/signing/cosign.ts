import {ReleaseError, messageOf} from '../errors.js'
import type {Clock, Exec, ExecResult, Reporter} from '../ports.js'
import {retrying} from '../shared/retry.js'

/** Which cosign is installed: its flags differ between versions. */
export interface CosignVersion {
  readonly major: number
  readonly minor: number
}

/** How cosign signs, as the user wants it. */
export interface CosignOptions {
  /** A file, `env://NAME`, or the URI of a KMS or a Kubernetes secret; undefined to sign keyless by OpenID Connect. */
  readonly key?: string | undefined
  /** Whether the signature is written to the transparency log. */
  readonly log: boolean
  /** Arguments of the user, after those of image-release. */
  readonly args: readonly string[]
}

/** What cosign is run with. */
export interface CosignPorts {
  readonly exec: Exec
  readonly clock: Clock
  readonly reporter: Reporter
  readonly signal: AbortSignal
}

const INSTALL_HINT =
  'Install cosign 2.0 or later before this step, for example with the action sigstore/cosign-installer.'

/**
 * Finds out which cosign is installed. One that was built by hand and names no version is taken for the newest.
 * @throws ReleaseError SIGN_FAILED where there is none, or one before 2.0
 */
export async function findCosign({
  exec,
  signal
}: Pick<CosignPorts, 'exec' | 'signal'>): Promise<CosignVersion> {
  const {stdout, stderr} = await startCosign(exec, ['version', '--json'], signal)
  const [, major, minor] = /"gitVersion":\s*"v?(\d+)\.(\d+)/.exec(stdout + stderr) ?? []
  if (major === undefined || minor === undefined) return {major: 3, minor: 0}
  if (Number(major) >= 2) return {major: Number(major), minor: Number(minor)}
  throw new ReleaseError('SIGN_FAILED', `cosign ${major}.${minor} is too old`, {hint: INSTALL_HINT})
}

async function startCosign(exec: Exec, args: readonly string[], signal: AbortSignal): Promise<ExecResult> {
  try {
    return await exec('cosign', args, {signal, input: ''})
  } catch (cause) {
    if (signal.aborted) throw cause
    throw new ReleaseError('SIGN_FAILED', messageOf(cause), {cause, hint: INSTALL_HINT})
  }
}

/** The transparency log is switched off by a file that names no service in cosign 3, by a flag in cosign 2. */
export const EMPTY_SIGNING_CONFIG = JSON.stringify({
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json'
})

/** What `cosign sign` is told, without the images. */
export function signArguments(
  {key, log, args}: CosignOptions,
  version: CosignVersion,
  place: {readonly isInsecure: boolean; readonly signingConfig: string}
): string[] {
  const withoutLog = version.major >= 3 ? ['--signing-config', place.signingConfig] : ['--tlog-upload=false']
  return [
    'sign',
    '--yes',
    ...(key === undefined ? [] : ['--key', key]),
    ...(log ? [] : withoutLog),
    ...(place.isInsecure ? [insecureFlag(version)] : []),
    ...args
  ]
}

/** Before 2.2 one flag stood for plain HTTP and for certificates that nobody vouches for. */
export function insecureFlag({major, minor}: CosignVersion): string {
  return major > 2 || minor >= 2 ? '--allow-http-registry' : '--allow-insecure-registry'
}

const TRIES = 3
const FIRST_DELAY = 2000

/** What a later try may well mend: the services of Sigstore and the network, but no wrong password. */
const PASSING = /\b(?:429|50[0234])\b|timed? ?out|deadline exceeded|connection re|unexpected EOF|temporar/i

/** What cosign prints when it is about to wait for a person: it found no identity around it. */
const ASKS_A_PERSON = /verification code|browser will now be opened/i

/**
 * Runs cosign, again where it failed in passing. Where it would wait for a person, it is ended.
 * @param what what was tried, for the message, for example `sign ghcr.io/o/app@sha256:…`
 * @throws ReleaseError SIGN_FAILED with what cosign said
 */
export async function runCosign(
  args: readonly string[],
  {what, env}: {readonly what: string; readonly env: Readonly<Record<string, string>>},
  ports: CosignPorts
): Promise<ExecResult> {
  const {clock, signal, reporter} = ports
  const result = await retrying(
    {tries: TRIES, firstDelay: FIRST_DELAY, clock, signal},
    async () => await runOnce(args, env, ports),
    outcome => {
      const said = 'value' in outcome && outcome.value.exitCode !== 0 ? faultIn(outcome.value) : ''
      if (!PASSING.test(said)) return undefined
      reporter.warning(`cosign could not ${what}: ${said}; it is tried again`)
      return 0
    }
  )
  if (result.exitCode === 0) return result
  const said = faultIn(result)
  throw new ReleaseError('SIGN_FAILED', `cosign could not ${what}: ${said}`, hintFor(said))
}

async function runOnce(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  {exec, signal, reporter}: CosignPorts
): Promise<ExecResult> {
  const waiting = new AbortController()
  const onLine = (line: string): void => {
    reporter.debug(line)
    if (ASKS_A_PERSON.test(line)) waiting.abort()
  }
  try {
    return await exec('cosign', args, {
      env,
      // The key itself may be a variable.
      passed: args.flatMap(arg => /^(?:--key=)?env:\/\/(\w+)$/.exec(arg)?.[1] ?? []),
      input: '',
      onLine,
      signal: AbortSignal.any([signal, waiting.signal])
    })
  } catch (cause) {
    if (!waiting.signal.aborted || signal.aborted) throw cause
    throw new ReleaseError('SIGN_FAILED', 'cosign found no identity to sign with, and asked for a person', {
      cause,
      hint: 'Give the job the permission "id-token: write", set SIGSTORE_ID_TOKEN, or sign with a key.'
    })
  }
}

/** cosign says the same error twice, after warnings. */
function faultIn({stdout, stderr, exitCode}: ExecResult): string {
  const lines = `${stdout}\n${stderr}`.split('\n').map(line => line.trim())
  const fault = lines.find(line => line.startsWith('Error: ')) ?? lines.filter(Boolean).at(-1)
  return fault?.replace(/^Error: /, '') ?? `exit code ${exitCode}`
}

function hintFor(said: string): {hint: string} {
  if (/decrypt|password|passphrase/i.test(said))
    return {hint: 'Set COSIGN_PASSWORD in the environment of this step to the password of the key.'}
  if (/reading key|no such file|PEM|env:\/\//i.test(said))
    return {hint: 'The key is a file, env://NAME, or the URI of a KMS, and must be there for this step.'}
  if (/TUF|signing config|rekor|fulcio/i.test(said))
    return {hint: 'Sigstore could not be reached; without a transparency log a key alone will do.'}
  return {hint: 'Run this again with the same inputs when that is mended.'}
}
