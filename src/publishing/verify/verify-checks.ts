import {InputError, type InputIssue, ReleaseError} from '../../errors.js'
import {type InputValues, choice, duration, flag, lines, text} from '../../command/input.js'
import {completeLogins} from '../../registry/auth/registry-credential.js'
import type {Digest} from '../../oci/digest.js'
import {type Repository, formatReference, isLoopback} from '../../oci/reference.js'
import type {Ports} from '../../ports.js'
import {withPrivateFolder} from '../../shared/temp-folder.js'
import type {VerifiedCheck} from '../../contracts/verified-check.js'
import type {Registries} from '../../registry/client/registries.js'
import type {ExpectedSigner} from '../../signing/signature-verification.js'
import {type RegistryInputs, credentialsOf} from '../../registry/open-registries.js'

/** What is verified beyond the tags: signatures, and whether containers start. */
export const verifyCheckInputs = {
  'cosign-key': text({
    summary: 'The public key, as a file or the URI of a KMS, that every image must be signed with.',
    placeholder: 'KEY'
  }),
  'certificate-identity': text({
    summary:
      'Who must have signed every image keyless, for example the URL of the workflow with its ref; between slashes it is a regular expression.',
    placeholder: 'IDENTITY'
  }),
  'certificate-oidc-issuer': text({
    summary: 'Who must have vouched for that identity.',
    placeholder: 'URL',
    default: 'https://token.actions.githubusercontent.com'
  }),
  'cosign-args': lines(
    {
      summary: 'Further arguments of cosign verify, one a line, for example --insecure-ignore-tlog=true.',
      placeholder: 'ARGUMENT'
    },
    argument => argument
  ),
  start: flag({
    summary:
      'Start a container of every platform that this machine can run, with docker or podman: it must become healthy, or run on or end with 0 where the image has no health check.'
  }),
  'start-engine': choice(['auto', 'docker', 'podman'], {
    summary: 'What starts them; auto takes the first that works.',
    default: 'auto'
  }),
  'start-command': lines(
    {
      summary: 'What runs in the container, one argument a line, in place of what the image says.',
      placeholder: 'ARGUMENT'
    },
    argument => argument
  ),
  'start-args': lines(
    {
      summary: 'Further arguments of docker run or podman run, one a line, for example --env=A=B.',
      placeholder: 'ARGUMENT'
    },
    argument => argument
  ),
  'start-timeout': duration({summary: 'How long a container may take to become healthy.', default: '60s'})
}

type Given = InputValues<typeof verifyCheckInputs> & RegistryInputs

/** An image that was released, once for each repository. */
export interface CheckedImage {
  readonly repository: Repository
  readonly digest: Digest
}

/**
 * Holds the inputs against each other.
 * @throws InputError for what says nothing, or two things at once
 */
export function assertCheckInputs(given: Given): void {
  const issues: InputIssue[] = []
  const isSigned = given['cosign-key'] !== undefined || given['certificate-identity'] !== undefined
  if (given['cosign-key'] !== undefined && given['certificate-identity'] !== undefined)
    issues.push({
      input: 'cosign-key',
      message: 'a signature is by a key or by an identity: give one of the two'
    })
  if (!isSigned && given['cosign-args'].length > 0)
    issues.push({input: 'cosign-args', message: 'is given, but neither cosign-key nor certificate-identity'})
  for (const input of ['start-command', 'start-args'] as const)
    if (!given.start && given[input].length > 0)
      issues.push({input, message: 'is given, but start is not true'})
  if (issues.length > 0) throw new InputError(issues)
}

/** Verifies signatures and starts containers, as far as the inputs want it. */
export async function runVerifyChecks(
  images: readonly CheckedImage[],
  given: Given,
  registries: Registries,
  ports: Ports
): Promise<VerifiedCheck[]> {
  return [
    ...(await checkSignatures(images, given, ports)),
    ...(given.start ? await checkStarts(images, given, registries, ports) : [])
  ]
}

function signerOf(given: Given): ExpectedSigner | undefined {
  const {'cosign-key': key, 'certificate-identity': identity, 'certificate-oidc-issuer': issuer = ''} = given
  if (key !== undefined) return {key}
  if (identity === undefined) return undefined
  const [, pattern] = /^\/(.*)\/$/.exec(identity) ?? []
  return {identity: pattern ?? identity, isPattern: pattern !== undefined, issuer}
}

async function checkSignatures(
  images: readonly CheckedImage[],
  given: Given,
  ports: Ports
): Promise<VerifiedCheck[]> {
  const signer = signerOf(given)
  if (signer === undefined) return []
  const {verifySignatures} = await import('../../signing/signature-verification.js')
  const isGiven = completeLogins(given['registry-credentials']).length > 0
  const access = {insecure: given.insecure, ...(isGiven ? {credentials: credentialsOf(given, ports)} : {})}
  return await verifySignatures(images, {signer, args: given['cosign-args']}, access, ports)
}

/** All repositories hold the same bytes, which is verified: one of them is enough to start from. */
async function checkStarts(
  images: readonly CheckedImage[],
  given: Given,
  registries: Registries,
  ports: Ports
): Promise<VerifiedCheck[]> {
  const {writeDockerConfig} = await import('../../registry/auth/docker-logins.js')
  const engine = await findStarter(given, ports)
  const distinct = [...new Map([...images].reverse().map(image => [image.digest, image])).values()].reverse()
  return await withPrivateFolder(async folder => {
    const hosts = distinct.map(({repository}) => repository.registry)
    const isGiven = completeLogins(given['registry-credentials']).length > 0
    const config = isGiven ? await writeDockerConfig(folder, hosts, credentialsOf(given, ports)) : undefined
    const env = config && {...config, REGISTRY_AUTH_FILE: `${folder}/config.json`}
    return await startAll(distinct, {given, engine, env: env ?? {}}, registries, ports)
  })
}

interface Starting {
  readonly given: Given
  readonly engine: 'docker' | 'podman'
  readonly env: Readonly<Record<string, string>>
}

async function startAll(
  images: readonly CheckedImage[],
  {given, engine, env}: Starting,
  registries: Registries,
  ports: Ports
): Promise<VerifiedCheck[]> {
  const [{startImage}, {platformsOf}] = await Promise.all([
    import('../../checks/container-start.js'),
    import('./verification.js')
  ])
  const {'start-command': command, 'start-args': args, 'start-timeout': timeout, insecure} = given
  const checks: VerifiedCheck[] = []
  for (const {repository, digest} of images) {
    const isInsecure = isLoopback(repository.registry) || insecure.includes(repository.registry)
    for (const {platform, digest: child} of await platformsOf(
      registries.repository(repository, 'pull'),
      digest
    )) {
      const image = {reference: formatReference(repository, child), platform, isInsecure}
      checks.push(await startImage(image, {engine, command, args, timeout, env}, ports))
    }
  }
  return checks
}

async function findStarter(given: Given, {exec}: Ports): Promise<'docker' | 'podman'> {
  const {findEngine} = await import('../../checks/image-engine.js')
  const engine = await findEngine(given['start-engine'], exec)
  if (engine === 'docker' || engine === 'podman') return engine
  throw new ReleaseError(
    'BUILDER_MISSING',
    'containers are to be started, but neither docker nor podman works here',
    {
      hint: 'Install one of them, or leave start out.'
    }
  )
}
