import {ReleaseError} from '../errors.js'
import {completeLogins} from '../registry/auth/registry-credential.js'
import type {Digest} from '../oci/digest.js'
import {type Repository, type Tag, isLoopback} from '../oci/reference.js'
import type {Ports, Reporter} from '../ports.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import {evidenceSummary, logEvidence} from './evidence-summary.js'
import type {AttestedView, EvidenceView, SignedView} from './evidence.js'
import type {ImageSigner, UnsignedImage} from './image-signing.js'
import {type EvidenceInputs, assertEvidenceInputs} from './evidence-inputs.js'
import {type RegistryInputs, credentialsOf} from '../registry/open-registries.js'

/** An image of a release that is to be signed or attested. */
export interface ReleasedImage {
  readonly repositories: readonly Repository[]
  readonly digest: Digest
  /** The images of its platforms. */
  readonly children: readonly Digest[]
  /** A tag that it has in each of its repositories. */
  readonly tag?: Tag | undefined
}

/** Signs and attests a release, when its time has come. */
export interface ReleaseEvidence {
  /** To be called when every index stands by digest everywhere, and no tag has moved; undefined if there is no need. */
  readonly beforeTags: ((images: readonly ReleasedImage[]) => Promise<void>) | undefined
  /** To be called when all tags stand. */
  readonly afterTags: (images: readonly ReleasedImage[]) => Promise<void>
  /** What was signed and attested so far. */
  readonly view: () => EvidenceView
}

type Given = EvidenceInputs & RegistryInputs

/**
 * Makes ready to sign and attest. What cannot be done is said before anything is written.
 * @throws InputError; ReleaseError SIGN_FAILED where there is no cosign that will do
 */
export async function openEvidence(
  given: Given,
  ports: Ports,
  clientOf: (repository: Repository) => RepositoryClient
): Promise<ReleaseEvidence> {
  assertEvidenceInputs(given)
  const signer = given.sign === 'none' ? undefined : await openSigner(given, ports)
  const done: {signed: SignedView[]; attested: AttestedView[]; repository?: string | undefined} = {
    signed: [],
    attested: []
  }
  const sign = async (images: readonly ReleasedImage[]): Promise<void> => {
    const signed = await signer?.sign(images.flatMap(image => unsignedOf(image, given, clientOf)))
    done.signed.push(
      ...(signed ?? []).map(({reference, registry, identity}) => ({
        reference,
        identity,
        isInsecure: isInsecure(registry, given)
      }))
    )
  }
  const beforeTags = async (images: readonly ReleasedImage[]): Promise<void> => {
    if (given.sign === 'before-tags') await sign(images)
    if (!given.attest) return
    done.attested.push(...(await attest(images, {given, ports, clientOf})))
    done.repository = (await ports.workflowRun()).source.fullName
  }
  const isNeeded = given.sign === 'before-tags' || given.attest
  return {
    beforeTags: isNeeded ? beforeTags : undefined,
    async afterTags(images) {
      if (given.sign === 'after-tags') await sign(images)
      await declare(images, ports)
    },
    view: () => ({...done, key: given['sign-key'], log: given['sign-log']})
  }
}

/**
 * Does what is to be done after the tags. Where it fails the release stands all the same, and so do its outputs.
 * @throws ReleaseError of what failed, with the outputs
 */
export async function finishEvidence(
  evidence: ReleaseEvidence,
  images: readonly ReleasedImage[],
  outputs: Readonly<Record<string, string>>
): Promise<void> {
  try {
    await evidence.afterTags(images)
  } catch (cause) {
    if (!(cause instanceof ReleaseError)) throw cause
    const hint = `All tags point at the release, which is not signed everywhere. ${cause.hint ?? ''}`.trim()
    throw new ReleaseError(cause.code, cause.message, {cause, hint, outputs})
  }
}

/** Says in log and job summary what was signed and attested, and how that is verified. */
export function reportEvidence(view: EvidenceView, reporter: Reporter): void {
  logEvidence(view, reporter)
  const summary = evidenceSummary(view)
  if (summary !== '') reporter.summary(summary)
}

function isInsecure(registry: string, {insecure}: RegistryInputs): boolean {
  return isLoopback(registry) || insecure.includes(registry)
}

/** Signing takes code of its own, which is loaded only where something is signed. */
async function openSigner(given: Given, ports: Ports): Promise<ImageSigner> {
  const {ImageSigner: Signer} = await import('./image-signing.js')
  const options = {key: given['sign-key'], log: given['sign-log'], args: given['cosign-args']}
  const isGiven = completeLogins(given['registry-credentials']).length > 0
  return await Signer.open(
    options,
    {insecure: given.insecure, ...(isGiven ? {credentials: credentialsOf(given, ports)} : {})},
    ports
  )
}

function digestsOf({digest, children}: ReleasedImage, given: Given): [Digest, ...Digest[]] {
  return [digest, ...(given['sign-children'] ? children.filter(child => child !== digest) : [])]
}

function unsignedOf(
  image: ReleasedImage,
  given: Given,
  clientOf: (repository: Repository) => RepositoryClient
): UnsignedImage[] {
  return image.repositories.map(repository => ({
    client: clientOf(repository),
    digests: digestsOf(image, given)
  }))
}

async function attest(
  images: readonly ReleasedImage[],
  {
    given,
    ports,
    clientOf
  }: {
    readonly given: Given
    readonly ports: Ports
    readonly clientOf: (repository: Repository) => RepositoryClient
  }
): Promise<AttestedView[]> {
  const {attestImages} = await import('./image-attestation.js')
  const unattested = images.map(image => ({
    clients: image.repositories.map(clientOf),
    digests: digestsOf(image, given)
  }))
  return await attestImages(unattested, ports, given['github-token'])
}

/** Later steps of the job, such as actions/attest, are told where the runner offers to. */
async function declare(images: readonly ReleasedImage[], ports: Ports): Promise<void> {
  const file = ports.environment('GITHUB_ARTIFACTS')
  if (!file) return
  const {declareImages} = await import('./artifact-subjects.js')
  await declareImages(
    file,
    images.flatMap(({repositories, digest, tag}) =>
      repositories.map(repository => ({repository, digest, tag}))
    )
  )
}
