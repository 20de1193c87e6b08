import {ReleaseError} from '../errors.js'
import {type Repository, formatReference, isLoopback} from '../oci/reference.js'
import type {Digest} from '../oci/digest.js'
import type {VerifiedCheck} from '../contracts/verified-check.js'
import {type CosignPorts, findCosign, insecureFlag, runCosign} from './cosign.js'
import {withPrivateFolder} from '../shared/temp-folder.js'
import {writeDockerConfig} from '../registry/auth/docker-logins.js'
import type {SigningAccess} from './image-signing.js'

/** Who must have signed: a key, or an identity and who vouches for it. */
export type ExpectedSigner =
  {readonly key: string} | {readonly identity: string; readonly isPattern: boolean; readonly issuer: string}

/** An image that must be signed. */
export interface SignedImage {
  readonly repository: Repository
  readonly digest: Digest
}

/**
 * Has cosign verify that images are signed by whom they should be.
 * @param args further arguments of `cosign verify`
 * @throws ReleaseError SIGN_FAILED where there is no cosign that will do
 */
export async function verifySignatures(
  images: readonly SignedImage[],
  {signer, args}: {readonly signer: ExpectedSigner; readonly args: readonly string[]},
  access: SigningAccess,
  ports: CosignPorts
): Promise<VerifiedCheck[]> {
  const version = await findCosign(ports)
  return await withPrivateFolder(async folder => {
    const registries = images.map(({repository}) => repository.registry)
    const env =
      access.credentials === undefined
        ? {}
        : {...(await writeDockerConfig(folder, registries, access.credentials))}
    const checks: VerifiedCheck[] = []
    for (const {repository, digest} of images) {
      const {registry} = repository
      const isInsecure = isLoopback(registry) || access.insecure.includes(registry)
      const reference = formatReference(repository, digest)
      const line = [
        'verify',
        ...signerArguments(signer),
        ...(isInsecure ? [insecureFlag(version)] : []),
        ...args
      ]
      checks.push(await checkOf(reference, [...line, reference], env, ports))
    }
    return checks
  })
}

function signerArguments(signer: ExpectedSigner): string[] {
  if ('key' in signer) return ['--key', signer.key]
  const identity = signer.isPattern ? '--certificate-identity-regexp' : '--certificate-identity'
  return [identity, signer.identity, '--certificate-oidc-issuer', signer.issuer]
}

async function checkOf(
  reference: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ports: CosignPorts
): Promise<VerifiedCheck> {
  const check = {kind: 'signature', reference} as const
  try {
    await runCosign(args, {what: `verify ${reference}`, env}, ports)
    return {...check, outcome: 'verified', faults: []}
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    return {...check, outcome: 'not verified', faults: [error.message]}
  }
}
