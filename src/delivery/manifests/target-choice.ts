import {type DeployedImage, isSame, repositoryIn} from './deployed-image.js'
import type {ImageValue} from './image-value.js'
import type {ManifestEntry} from './manifest-entry.js'
import {withoutNumbers, readVariantTag, shapeOf} from './tag-variant.js'

/** A place whose image is looked for in a release. */
export interface ChoicePlace {
  readonly standing: ImageValue
  /** Whether the entry names this very place, which so may hold any repository. */
  readonly isNamed: boolean
  /** The images that it may mean, where its repository does not say it. */
  readonly pool?: readonly DeployedImage[]
}

/**
 * Which image of the release a place means: one, or `variant` where it runs another variant than any that was released,
 * or `undecided` where several may be meant. Undefined where it is not of the release, or not of what the entry names.
 */
export type TargetChoice = DeployedImage | 'variant' | 'undecided' | undefined

/**
 * Chooses by the repository that is there, and among targets that share it by what is around the version of their
 * tags: 1.9.0-debug means the target that released 1.10.0-debug.
 */
export function chooseImage(
  {standing, isNamed, pool: given}: ChoicePlace,
  entry: ManifestEntry,
  images: readonly DeployedImage[]
): TargetChoice {
  const ofRegistry = (given ?? images).filter(
    ({repository}) => entry.registry === undefined || repository.registry === entry.registry
  )
  const here = imagesOf(standing.name, ofRegistry)
  const pool = here.length === 0 && isNamed ? ofRegistry : here
  if (isNamed && entry.target !== undefined) return firstOf(entry.target, [...here, ...ofRegistry])
  if (pool.length === 0) return undefined
  const target = targetOf(standing, pool)
  if (target === 'variant' || target === 'undecided')
    return target === 'undecided' && entry.target !== undefined ? firstOf(entry.target, pool) : target
  const isMeant = entry.target === undefined || entry.target === target.name
  return isMeant ? firstOf(target.name, pool) : undefined
}

/** The images of the repository that a text names. */
export function imagesOf(name: string, images: readonly DeployedImage[]): DeployedImage[] {
  const named = repositoryIn(name)
  return named === undefined ? [] : images.filter(({repository}) => isSame(repository, named))
}

/** Whether a name is that of an image without its registry, which then stands somewhere else in the values. */
export function isNameOf(name: string, {repository}: DeployedImage): boolean {
  return name === repository.name
}

function firstOf(target: string, images: readonly DeployedImage[]): DeployedImage | undefined {
  return images.find(one => one.target === target)
}

type Target = {readonly name: string} | 'variant' | 'undecided'

function targetOf(standing: ImageValue, pool: readonly DeployedImage[]): Target {
  const known =
    only(pool, one => tagsOf(one).includes(standing.tag)) ??
    only(pool, one => standing.digest !== '' && digestsOf(one).includes(standing.digest))
  if (known !== undefined) return known
  const there = readVariantTag(standing.tag)
  if (there !== undefined) return byVariant(there.variant, pool)
  const shape = shapeOf(standing.tag)
  return only(pool, one => tagsOf(one).some(tag => shapeOf(tag) === shape)) ?? only(pool) ?? 'undecided'
}

function byVariant(variant: string, pool: readonly DeployedImage[]): Target {
  const variants = (one: DeployedImage): string[] =>
    tagsOf(one).flatMap(tag => readVariantTag(tag)?.variant ?? [])
  const family = withoutNumbers(variant)
  const found =
    only(pool, one => variants(one).includes(variant)) ??
    only(pool, one => variants(one).map(withoutNumbers).includes(family))
  if (found !== undefined) return found
  if (pool.some(one => variants(one).includes(variant))) return 'undecided'
  if (pool.every(one => variants(one).length > 0)) return 'variant'
  return only(pool, one => variants(one).length === 0) ?? 'undecided'
}

/** The target of all images that fit, where they are of one. */
function only(
  pool: readonly DeployedImage[],
  isFit: (image: DeployedImage) => boolean = () => true
): {readonly name: string} | undefined {
  const [name, ...others] = new Set(pool.filter(isFit).map(({target}) => target))
  return name !== undefined && others.length === 0 ? {name} : undefined
}

function tagsOf({tag, tags = []}: DeployedImage): string[] {
  return tag === undefined ? [...tags] : [tag, ...tags]
}

function digestsOf({digest, replaced = []}: DeployedImage): string[] {
  return [digest, ...replaced]
}
