import {type InputIssue, InputError, ReleaseError} from '../errors.js'
import {type InputValues, choice, flag, lines, parsed} from '../command/input.js'
import {githubToken} from '../github/github-inputs.js'

/** How a release is signed and attested. */
export const evidenceInputs = {
  sign: choice(['none', 'before-tags', 'after-tags'], {
    summary:
      'When cosign signs every index on every registry: before-tags, so that no unsigned release is ever seen and nothing is tagged where it fails; after-tags; or none.',
    default: 'none'
  }),
  'sign-key': parsed(
    {
      summary:
        'What cosign signs with: a file, env://NAME for a variable of the environment, or the URI of a KMS. Without one it signs keyless, by the identity of the workflow. The password is read from COSIGN_PASSWORD.',
      placeholder: 'KEY'
    },
    parseKey
  ),
  'sign-children': flag({
    summary: 'Sign, and attest, the image of each platform too, not the index alone.'
  }),
  'sign-log': flag({
    summary:
      'Write signatures to the transparency log of Sigstore, which is public. Keyless signing needs it.',
    default: 'true'
  }),
  'cosign-args': lines(
    {
      summary: 'Further arguments of cosign sign, one a line, for example --annotations=build=42.',
      placeholder: 'ARGUMENT'
    },
    parseArgument
  ),
  attest: flag({
    summary:
      'Have GitHub attest how each index was built, before any tag moves, and keep that with the repository and on every registry. Needs the permissions id-token: write and attestations: write.'
  }),
  'github-token': githubToken
}

/** What a command that signs and attests gives out of it. */
export const evidenceOutputTable = {
  signed: 'One REPOSITORY@DIGEST a line, for everything that cosign signed.',
  attestations: 'The address of each attestation of GitHub, one a line.',
  'verify-commands': 'Commands that verify each signature and attestation, one a line, ready to copy.'
} as const

export type EvidenceInputs = InputValues<typeof evidenceInputs>

function parseKey(value: string): string {
  if (!/BEGIN |PRIVATE KEY/.test(value)) return value
  // The value is not said: it is the secret itself.
  throw new ReleaseError('INPUT_INVALID', 'this is a key, not the place of one', {
    hint: 'Put it into a variable of the environment, and write env:// with its name.'
  })
}

/** Arguments that would take secrets to where every process of the machine can read them, or undo the signing. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['--registry-password', 'logins come by registry-credentials, never by an argument'],
  ['--registry-token', 'logins come by registry-credentials, never by an argument'],
  ['--identity-token', 'set SIGSTORE_ID_TOKEN in its place'],
  ['--upload', 'a signature that is not uploaded is none'],
  ['--key', 'give the input sign-key']
])

function parseArgument(value: string): string {
  const [name = ''] = value.split(/[= ]/)
  const reason = REFUSED.get(name)
  if (reason !== undefined) throw new ReleaseError('INPUT_INVALID', `${name} is not taken here: ${reason}`)
  if (value.startsWith('-')) return value
  throw new ReleaseError(
    'INPUT_INVALID',
    `${JSON.stringify(value)} is no argument: write --name=value, each on a line of its own`
  )
}

/**
 * Holds the inputs against each other.
 * @throws InputError for what contradicts another input
 */
export function assertEvidenceInputs(given: EvidenceInputs): void {
  const issues: InputIssue[] = []
  const isSigning = given.sign !== 'none'
  if (!isSigning && given['sign-key'] !== undefined)
    issues.push({input: 'sign-key', message: 'is given, but sign is none: say when to sign'})
  if (!isSigning && given['cosign-args'].length > 0)
    issues.push({input: 'cosign-args', message: 'is given, but sign is none: say when to sign'})
  if (isSigning && !given['sign-log'] && given['sign-key'] === undefined)
    issues.push({
      input: 'sign-log',
      message: 'may be false only with a sign-key: keyless signing is proved by the log'
    })
  if (given['sign-children'] && !isSigning && !given.attest)
    issues.push({input: 'sign-children', message: 'is given, but nothing is signed or attested'})
  if (issues.length > 0) throw new InputError(issues)
}
