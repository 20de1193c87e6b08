import type {Repository, Tag} from '../../oci/reference.js'
import {compareOrdered, parseOrdered} from '../../versions/version-order.js'
import {type DeployedImage, type Pin, repositoryIn} from './deployed-image.js'
import {
  type EditedPlace,
  type ImagePlace,
  type PlaceState,
  type ValueChange,
  outcome
} from './image-change.js'
import {type ImageValue, formatImage, isTemplate} from './image-value.js'
import type {ManifestEntry} from './manifest-entry.js'
import {readVariantTag} from './tag-variant.js'
import {chooseImage} from './target-choice.js'
import {type YamlFile, unfit} from './yaml-text.js'

/** The version that an image names itself, asked for where a manifest holds nothing but its digest. */
export type VersionOf = (repository: Repository, digest: string) => Promise<string | undefined>

/** What is to be deployed, and how it is named. */
export interface Deployment {
  readonly entries: readonly ManifestEntry[]
  readonly images: readonly DeployedImage[]
  readonly pin: Pin
  readonly allowBackward: boolean
  readonly versionOf?: VersionOf
}

/** A place, what is to become of it, and how. */
export interface Decided {
  readonly edited: EditedPlace
  readonly changes: readonly ValueChange[]
  readonly image?: DeployedImage
}

/** Decides which image a place is to name, and whether it may. */
interface Deciding {
  readonly entry: ManifestEntry
  readonly deployment: Deployment
}

/**
 * Decides which image a place is to name, and whether it changes; nothing where the entry does not mean it.
 * @throws ReleaseError DEPLOYMENT_INVALID where that is not to be told, or the place cannot say it
 */
export async function decide(
  yaml: YamlFile,
  place: ImagePlace,
  {entry, deployment}: Deciding
): Promise<Decided[]> {
  const {standing} = place
  const from = formatImage(standing)
  const base = {file: yaml.file, place: place.place, from}
  const stays = (state: PlaceState): Decided[] => [
    {edited: {...base, ...outcome(state), target: '', to: from}, changes: []}
  ]
  const image = chooseImage(place, entry, deployment.images)
  if (image === undefined) return []
  if (isTemplate(standing)) {
    if (entry.kind === 'helm')
      throw unfit(yaml.file, `${place.place} holds a template, ${from}: name the value that fills it`)
    return stays('template')
  }
  if (image === 'undecided') throw undecided(yaml, place, deployment.images)
  if (image === 'variant') return stays('variant')
  const tag = fittingTag(image, standing)
  if (!deployment.allowBackward && (await isNewer(standing, {image, tag, deployment}))) {
    const to = formatImage({...standing, tag: tag ?? '', digest: tag === undefined ? image.digest : ''})
    return [{edited: {...base, ...outcome('newer'), target: image.target, to}, changes: []}]
  }
  const {to, changes} = place.write({image, tag, pin: deployment.pin})
  const state = changes.length === 0 ? 'same' : 'changed'
  const edited = {...base, ...outcome(state), target: image.target, to: formatImage(to)}
  return [{edited, changes, image}]
}

/** The tag of the same variant as the one that is there, where the image has several. */
function fittingTag({tag, choices = []}: DeployedImage, {tag: standing}: ImageValue): Tag | undefined {
  const [there, ours] = [standing, tag ?? ''].map(one => readVariantTag(one)?.variant)
  if (there === undefined || there === ours) return tag
  return choices.find(one => readVariantTag(one)?.variant === there) ?? tag
}

/** Whether what runs is a newer version than what is to run; false where either names no version. */
async function isNewer(
  standing: ImageValue,
  next: {readonly image: DeployedImage; readonly tag: Tag | undefined; readonly deployment: Deployment}
): Promise<boolean> {
  const {image, tag, deployment} = next
  if (standing.digest === image.digest) return false
  const there = readVariantTag(standing.tag)?.version ?? (await imageVersion(standing, image, deployment))
  if (there === undefined) return false
  const named = readVariantTag(tag ?? '')?.version
  const ours = named ?? (await askVersion(image.repository, image.digest, deployment))
  return ours !== undefined && compareOrdered(there, ours) > 0
}

/** A digest alone, or beside a tag that moves, is compared by the version that its image names. */
async function imageVersion({name, digest}: ImageValue, image: DeployedImage, deployment: Deployment) {
  if (digest === '') return undefined
  return await askVersion(repositoryIn(name) ?? image.repository, digest, deployment)
}

async function askVersion(repository: Repository, digest: string, {versionOf}: Deployment) {
  const version = await versionOf?.(repository, digest)
  return version === undefined ? undefined : (readVariantTag(version)?.version ?? parseOrdered(version))
}

function undecided(yaml: YamlFile, {place, standing}: ImagePlace, images: readonly DeployedImage[]) {
  const targets = [...new Set(images.map(({target}) => target))].join(', ')
  const says = formatImage(standing)
  return unfit(
    yaml.file,
    `${place}${says === '' ? '' : ` (${says})`} may be of any of the targets; say which: ,target=NAME`,
    {hint: `Released are the targets ${targets}; nothing was changed.`}
  )
}
