import {ReleaseError} from '../errors.js'
import {type Digest, isDigest, parseDigest} from './digest.js'

declare const tagBrand: unique symbol

/** A tag by the grammar of the distribution specification: at most 128 characters. */
export type Tag = string & {readonly [tagBrand]: true}

/** A repository on a registry, parsed. `docker.io/library/alpine` has registry `docker.io` and name `library/alpine`. */
export interface Repository {
  /** Host and, where it is not the default, port. */
  readonly registry: string
  readonly name: string
}

/** A repository with the tag or digest that was written behind it. */
export interface Reference {
  readonly repository: Repository
  readonly tag?: Tag
  readonly digest?: Digest
}

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const REGISTRY =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[1-9][0-9]{0,4})?$/
const MAX_PORT = 65_535

export const MAX_TAG_LENGTH = 128
/** Host and name together should stay within this (distribution-spec, "Pulling manifests"). */
const MAX_REPOSITORY_LENGTH = 255

export function isTag(text: string): text is Tag {
  return TAG.test(text)
}

/** Whether this is the host of a registry, and one that a URL can name. */
function isRegistry(text: string): boolean {
  const port = Number(/:(\d+)$/.exec(text)?.[1] ?? 1)
  return REGISTRY.test(text) && port <= MAX_PORT && URL.canParse(`https://${text}`)
}

/** Whether this is a repository name without a registry, as it stands in the path of a request. */
export function isRepositoryName(text: string): boolean {
  return text.length <= MAX_REPOSITORY_LENGTH && NAME.test(text)
}

/**
 * Reads a tag (distribution-spec, "Pulling manifests").
 * @throws ReleaseError TAG_INVALID
 */
export function parseTag(text: string): Tag {
  if (isTag(text)) return text
  throw new ReleaseError('TAG_INVALID', `${JSON.stringify(text)} is not a tag: ${tagFault(text)}`, {
    hint: 'A tag is 1 to 128 letters, digits, "_", "." and "-", and starts with a letter, a digit or "_".'
  })
}

function tagFault(text: string): string {
  if (text === '') return 'it is empty'
  if (text.length > MAX_TAG_LENGTH)
    return `it has ${text.length} characters, at most ${MAX_TAG_LENGTH} are allowed`
  if (/^[.-]/.test(text)) return `it starts with ${JSON.stringify(text[0])}`
  return `${JSON.stringify(/[^A-Za-z0-9._-]/.exec(text)?.[0])} is not allowed`
}

/**
 * Reads the host of a registry, with its port where it has one.
 * @throws ReleaseError REFERENCE_INVALID
 */
export function parseRegistry(text: string): string {
  if (isRegistry(text)) return canonicalRegistry(text)
  throw new ReleaseError('REFERENCE_INVALID', `${JSON.stringify(text)} is not the host of a registry`, {
    hint: 'Write the host and, where it is not the default, the port: ghcr.io or registry.example:5000.'
  })
}

/**
 * Reads a repository, with Docker Hub's short forms: `alpine` is `docker.io/library/alpine`.
 * @throws ReleaseError REFERENCE_INVALID, also where a tag or digest follows
 */
export function parseRepository(text: string): Repository {
  const reference = parseReference(text)
  if (reference.tag !== undefined || reference.digest !== undefined)
    throw invalidReference(text, 'a repository is wanted here, without tag or digest')
  return reference.repository
}

/**
 * Reads `[registry/]name[:tag][@digest]`.
 * @throws ReleaseError REFERENCE_INVALID, TAG_INVALID or DIGEST_INVALID
 */
export function parseReference(text: string): Reference {
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0]
  if (scheme !== undefined) throw invalidReference(text, `write it without "${scheme}"`)
  const [beforeDigest = '', ...digests] = text.split('@')
  if (digests.length > 1) throw invalidReference(text, 'it has more than one "@"')
  const slash = beforeDigest.lastIndexOf('/')
  const colon = beforeDigest.indexOf(':', slash + 1)
  const path = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon)
  return {
    repository: repositoryOf(path, text),
    ...(colon < 0 ? {} : {tag: parseTag(beforeDigest.slice(colon + 1))}),
    ...(digests[0] === undefined ? {} : {digest: parseDigest(digests[0])})
  }
}

function repositoryOf(path: string, whole: string): Repository {
  const slash = path.indexOf('/')
  const first = slash < 0 ? '' : path.slice(0, slash)
  // Docker's own reader takes a first part in capitals for a host, too: here it is what it mostly is, an owner's name.
  const hasRegistry = /[.:]|^localhost$/i.test(first)
  const registry = hasRegistry ? canonicalRegistry(first) : 'docker.io'
  const rest = hasRegistry ? path.slice(slash + 1) : path
  const name = registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest
  if (!isRegistry(registry)) throw invalidReference(whole, `${JSON.stringify(registry)} is not a host name`)
  if (!NAME.test(name)) throw invalidReference(whole, nameFault(rest))
  if (registry.length + 1 + name.length > MAX_REPOSITORY_LENGTH)
    throw invalidReference(whole, `it is longer than ${MAX_REPOSITORY_LENGTH} characters`)
  return {registry, name}
}

function canonicalRegistry(host: string): string {
  const lower = host.toLowerCase()
  return lower === 'index.docker.io' || lower === 'registry-1.docker.io' ? 'docker.io' : lower
}

function nameFault(name: string): string {
  if (name === '') return 'the name of the repository is missing'
  if (name !== name.toLowerCase()) return 'the name of a repository is lower case'
  return `${JSON.stringify(name)} is not the name of a repository`
}

function invalidReference(text: string, fault: string): ReleaseError {
  return new ReleaseError('REFERENCE_INVALID', `${JSON.stringify(text)} is not a reference: ${fault}`, {
    hint: 'Write registry/name, for example ghcr.io/owner/image: lower case, parts joined by ".", "_", "-" and "/".'
  })
}

/** `ghcr.io/owner/image`. */
export function formatRepository(repository: Repository): string {
  return `${repository.registry}/${repository.name}`
}

/** `ghcr.io/owner/image:tag` or `ghcr.io/owner/image@sha256:…`. */
export function formatReference(repository: Repository, tagOrDigest: Tag | Digest): string {
  return `${formatRepository(repository)}${isDigest(tagOrDigest) ? '@' : ':'}${tagOrDigest}`
}

/** Whether a registry stands on a loopback address: only there plain HTTP is used without being asked for. */
export function isLoopback(registry: string): boolean {
  const host = registry.replace(/:\d+$/, '')
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(host)
  )
}
