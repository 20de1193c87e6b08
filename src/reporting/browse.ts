import {CREATED, VERSION} from '../oci/annotations.js'
import {isAttestation} from '../oci/attestation.js'
import type {Digest} from '../oci/digest.js'
import {readManifest} from '../oci/manifest.js'
import {formatPlatform} from '../oci/platform.js'
import {
  type Repository,
  type Tag,
  formatReference,
  formatRepository,
  parseReference
} from '../oci/reference.js'
import {ReleaseError} from '../errors.js'
import type {Registries} from '../registry/client/registries.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import {listTags} from '../registry/client/tag-list.js'
import {makeReport} from './make-report.js'
import type {ReportData} from './report-data.js'
import {lookAtTarget} from './registry-look.js'
import type {TagSeen} from './browse-html.js'

/** How many tags are looked at one by one: each is a request. */
const MAX_SEEN = 100

/** The tags of a repository: the last ones of its list with what they point at, and how many there are. */
export async function browseRepository(
  repository: Repository,
  registries: Registries
): Promise<{readonly tags: TagSeen[]; readonly total: number}> {
  const client = registries.repository(repository, 'pull')
  const names = (await listTags(client)).filter(name => !/^sha256-[0-9a-f]{64}/.test(name))
  const newest = [...names].sort(byNumbers).slice(0, MAX_SEEN)
  return {tags: await Promise.all(newest.map(async name => await tagSeen(client, name))), total: names.length}
}

/** Versions from the newest on: numbers in names count as numbers. */
function byNumbers(a: string, b: string): number {
  return b.localeCompare(a, 'en', {numeric: true})
}

/** A tag that cannot be read is shown by its name: the others are no worse for it. */
async function tagSeen(client: RepositoryClient, name: Tag): Promise<TagSeen> {
  try {
    const manifest = await client.findManifest(name)
    if (manifest === undefined) return {name}
    const {manifests, annotations} = readManifest(manifest)
    const images = manifests.filter(child => !isAttestation(child))
    const [created, version] = [annotations[CREATED], annotations[VERSION]]
    return {
      name,
      digest: manifest.digest,
      platforms: images.flatMap(({platform}) => (platform === undefined ? [] : [formatPlatform(platform)])),
      ...(created === undefined ? {} : {created}),
      ...(version === undefined ? {} : {version})
    }
  } catch {
    return {name}
  }
}

/** An image to look at, by a tag or a digest, and what it is compared with. */
export interface ImageWish {
  readonly repository: Repository
  readonly to: Tag | Digest
  readonly from: Tag | Digest | undefined
}

/**
 * The page of an image of any registry: its platforms, layers, attachments, packages and history, beside those of another.
 * @throws ReleaseError CHILD_MISSING where nothing is there; RegistryError
 */
export async function browseImage(
  {repository, to, from}: ImageWish,
  registries: Registries,
  made: {readonly made: string; readonly program: string}
): Promise<ReportData> {
  const client = registries.repository(repository, 'pull')
  const [digest, before] = await Promise.all([
    digestAt(client, to),
    from === undefined ? undefined : digestAt(client, from)
  ])
  const {name} = repository
  const reference = formatReference(repository, to)
  const target = {target: name, digest, platforms: [], images: [formatRepository(repository)]}
  const isTag = parseReference(reference).tag !== undefined
  // The look takes what is compared with for what was there before; the page tells of the tag as it is.
  const moved = {reference, state: 'moved' as const, ...(before === undefined ? {} : {before})}
  const look = await lookAtTarget({...target, tags: isTag || before !== undefined ? [moved] : []}, registries)
  return makeReport({
    ...made,
    release: {schema: 1, targets: [{...target, tags: isTag ? [{reference, state: 'same' as const}] : []}]},
    looks: [{...look, tags: new Map()}],
    history: [],
    notes:
      from === undefined ? [] : [`Compared with ${formatReference(repository, from)}, as the release before.`]
  })
}

async function digestAt(client: RepositoryClient, reference: Tag | Digest): Promise<Digest> {
  const found = await client.headManifest(reference)
  if (found !== undefined) return found.digest
  throw new ReleaseError('CHILD_MISSING', `${client.name} has nothing at ${reference}`)
}
