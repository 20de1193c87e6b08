/** What was signed about an image in a repository. */
export interface NotedEvidence {
  readonly kind: 'signature' | 'attestation'
  /** Undefined where it was signed with a key. */
  readonly signer: {readonly identity: string; readonly issuer?: string} | undefined
  readonly predicateType: string | undefined
  /** Whether GitHub keeps it; else the registry does. */
  readonly isOnGithub?: boolean
}

/** An image by digest, and what its verification has to know. */
export interface VerifiedSubject {
  /** `registry/name@sha256:…` */
  readonly reference: string
  /** `owner/name` of the source. */
  readonly source: string
  /** The file or address of the public key, for signatures by key. */
  readonly key: string
  readonly evidence: readonly NotedEvidence[]
  /** Whether its index has attestations of BuildKit. */
  readonly isAttested: boolean
}

/** What `gh attestation verify` looks for where nothing else is said (cli.github.com, 2026-11). */
const PROVENANCE = 'https://slsa.dev/provenance/v1'
const GITHUB = 'https://github.com/'

/** The command lines that verify an image: each once, in the order of what is known. */
export function verifyCommands(subject: VerifiedSubject): string[] {
  const {reference, evidence, isAttested} = subject
  const lines = evidence
    .filter(one => !isOnGithubToo(one, evidence))
    .map(one => (one.kind === 'signature' ? cosignLine(subject, one) : attestationLine(subject, one)))
  const inspect = isAttested
    ? [`docker buildx imagetools inspect ${reference} --format '{{json .Provenance}}'`]
    : []
  return [...new Set([...lines, ...inspect])]
}

/** What the registry and GitHub both keep is asked from GitHub, which is what gh does where nothing else is said. */
function isOnGithubToo(one: NotedEvidence, all: readonly NotedEvidence[]): boolean {
  if (one.kind === 'signature' || one.isOnGithub === true) return false
  return all.some(other => other.isOnGithub === true && other.predicateType === one.predicateType)
}

function cosignLine({reference, key}: VerifiedSubject, {signer}: NotedEvidence): string {
  return cosignVerify(reference, signer ?? {key})
}

/** Who must have signed: whoever has a key, or whom a certificate names. */
export type RequiredSigner = {readonly key: string} | NonNullable<NotedEvidence['signer']>

/** The command line by which cosign verifies a signature. */
export function cosignVerify(
  reference: string,
  signer: RequiredSigner,
  flags: readonly string[] = []
): string {
  const by = 'key' in signer ? `--key ${quoted(signer.key)}` : certificateFlags(signer)
  return ['cosign verify', by, ...flags, reference].join(' ')
}

/**
 * The command line by which gh verifies an attestation.
 * @param source `owner/name`
 */
export function ghVerify(reference: string, source: string, flags: readonly string[] = []): string {
  return [`gh attestation verify oci://${reference} --repo ${quoted(source)}`, ...flags].join(' ')
}

function certificateFlags({identity, issuer}: NonNullable<NotedEvidence['signer']>): string {
  const by =
    issuer === undefined
      ? "--certificate-oidc-issuer-regexp '.+'"
      : `--certificate-oidc-issuer ${quoted(issuer)}`
  return `--certificate-identity ${quoted(identity)} ${by}`
}

/** Attestations that no workflow of GitHub signed are for cosign, which takes them by key or certificate. */
function attestationLine({reference, source, key}: VerifiedSubject, one: NotedEvidence): string {
  const {signer, predicateType = PROVENANCE, isOnGithub} = one
  const isGithub = isOnGithub === true || signer?.identity.startsWith(GITHUB) === true
  if (!isGithub) {
    const by = signer === undefined ? `--key ${quoted(key)}` : certificateFlags(signer)
    return `cosign verify-attestation ${by} --type ${quoted(predicateType)} ${reference}`
  }
  return ghVerify(reference, source, [
    ...foreignWorkflow(signer?.identity, source),
    ...(predicateType === PROVENANCE ? [] : [`--predicate-type ${quoted(predicateType)}`]),
    ...(isOnGithub === true ? [] : ['--bundle-from-oci'])
  ])
}

/** A reusable workflow of another repository signs in its own name, which gh takes only where it is told. */
function foreignWorkflow(identity: string | undefined, source: string): string[] {
  if (identity?.startsWith(GITHUB) !== true || identity.startsWith(`${GITHUB}${source}/`)) return []
  const workflow = identity.slice(GITHUB.length).replace(/@.*$/, '')
  return [`--signer-workflow ${quoted(workflow)}`]
}

/** For a shell: single quotes where anything but plain letters stands in it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
