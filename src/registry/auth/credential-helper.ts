import {ReleaseError, messageOf} from '../../errors.js'
import type {Credential, Exec, ExecResult} from '../../ports.js'
import {isObject, tryParseJson} from '../../shared/json.js'

/** Some ask a person for a passphrase, and some a cloud: milliseconds until an answer. */
const TIMEOUT = 5 * 60_000
/** Characters of an answer: a token has some thousand. */
const MAX_ANSWER = 1024 * 1024

/**
 * Asks a helper for the credential of a server by Docker's protocol: `docker-credential-NAME get`, the server on
 * standard input, JSON back. What it answers is in no message: it holds the secret.
 * @returns undefined where the helper knows nothing of the server
 * @throws ReleaseError CREDENTIALS_INVALID where it cannot be started, fails, or answers something else
 */
export async function askHelper(helper: string, server: string, exec: Exec): Promise<Credential | undefined> {
  const program = `docker-credential-${helper}`
  const result = await run(program, server, exec)
  if (result.exitCode !== 0) {
    const output = `${result.stdout}${result.stderr}`
    // A helper that knows nothing of a server says so with a failure.
    if (/not found/i.test(output)) return undefined
    throw failed(program, server, output)
  }
  const answer = result.stdout.length > MAX_ANSWER ? undefined : readAnswer(result.stdout)
  if (answer === undefined) throw failed(program, server, 'its answer is not the JSON of a credential helper')
  const {username, secret} = answer
  if (secret === '') return undefined
  // A user of this name says that the secret is a refresh token.
  return username === '<token>'
    ? {username: '', password: '', identityToken: secret}
    : {username, password: secret}
}

async function run(program: string, server: string, exec: Exec): Promise<ExecResult> {
  // Not as a group of its own: that would take it from the terminal on which it asks.
  const signal = AbortSignal.timeout(TIMEOUT)
  try {
    return await exec(program, ['get'], {input: server, signal})
  } catch (cause) {
    if (cause instanceof ReleaseError && cause.code === 'CANCELLED') throw cause
    if (signal.aborted) throw failed(program, server, `it did not answer in ${TIMEOUT / 60_000} minutes`)
    throw new ReleaseError(
      'CREDENTIALS_INVALID',
      `the credential helper ${program} cannot be started: ${messageOf(cause)}`,
      {cause, hint: `Install ${program}, or take it out of the docker configuration.`}
    )
  }
}

function readAnswer(stdout: string): {username: string; secret: string} | undefined {
  const answer = tryParseJson(stdout)
  if (!isObject(answer)) return undefined
  const {Username: username = '', Secret: secret = ''} = answer
  return typeof username === 'string' && typeof secret === 'string' ? {username, secret} : undefined
}

function failed(program: string, server: string, reason: string): ReleaseError {
  return new ReleaseError(
    'CREDENTIALS_INVALID',
    `${program} gave no credential for ${server}: ${reason.trim().slice(0, 200) || 'it failed without a word'}`,
    {hint: `Run "${program} get" by hand, or log in again.`}
  )
}
