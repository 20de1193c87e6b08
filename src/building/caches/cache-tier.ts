import {ReleaseError} from '../../errors.js'
import {nearest} from '../../shared/did-you-mean.js'
import {parseReference} from '../../oci/reference.js'
import type {CacheUse} from './cache-policy.js'

const KINDS = ['gha', 'registry', 'previous', 'inline', 'local'] as const

/** A place where steps of earlier builds are found. */
export interface CacheTier {
  readonly kind: (typeof KINDS)[number]
  /** With placeholders in braces: a scope, a reference, a tag or a folder. */
  readonly place: string | undefined
  readonly isReadOnly: boolean
}

/** What the placeholders stand for. */
export interface CacheNames {
  /** The first repository of the image; undefined where it has none. */
  readonly image: string | undefined
  readonly target: string
  /** `linux-arm64` */
  readonly platform: string
  readonly prefix: string
  /** The value of each axis of the variant. */
  readonly variant: Readonly<Record<string, string>>
}

/** Caches as buildx writes them, in the order in which they are asked. */
export interface CacheLists {
  readonly from: readonly string[]
  readonly to: readonly string[]
}

/** Where a tier lies if its line does not say. */
const DEFAULT_PLACES: Readonly<Record<CacheTier['kind'], string>> = {
  gha: '{prefix}{target}-{platform}',
  registry: '{image}-build-cache:{prefix}{target}-{platform}',
  previous: '{image}:latest',
  inline: '{image}:latest',
  local: '.image-release/cache/{prefix}{target}-{platform}'
}

/**
 * Reads a line of tiers: `gha`, `registry=ghcr.io/o/cache:{target}-{platform}`, `previous=1.2`, `local=/tmp/cache`; with
 * `,read` behind it, it is never written.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseCacheTier(line: string): CacheTier {
  const [, word = '', place, access] = /^([^=,]*)(?:=([^,]*))?(?:,(.*))?$/.exec(line.trim()) ?? []
  const kind = KINDS.find(known => known === word.trim())
  if (kind === undefined) {
    const guess = nearest(word.trim(), KINDS)
    throw fault(
      `${JSON.stringify(line)} is not one of ${KINDS.join(', ')}${guess ? `; did you mean ${guess}?` : ''}`
    )
  }
  if (access !== undefined && access.trim() !== 'read')
    throw fault(`${JSON.stringify(line)}: only read may follow the comma`)
  return {kind, place: place?.trim() || undefined, isReadOnly: access !== undefined || kind === 'previous'}
}

/**
 * The caches of one build. None may fail it: what cannot be written is left out by BuildKit, what cannot be read too.
 * @throws ReleaseError INPUT_INVALID where a placeholder stands for nothing, or what comes out is no reference
 */
export function resolveCache(tiers: readonly CacheTier[], names: CacheNames, use: CacheUse): CacheLists {
  const from = tiers.flatMap(tier => (use.read ? sourcesOf(tier, names) : []))
  const to = tiers.flatMap(tier => (use.write && !tier.isReadOnly ? targetsOf(tier, names) : []))
  return {from: [...new Set(from)], to: [...new Set(to)]}
}

function sourcesOf(tier: CacheTier, names: CacheNames): string[] {
  const place = placeOf(tier, names)
  if (tier.kind === 'gha') return [`type=gha,scope=${place}`]
  if (tier.kind === 'local') return [`type=local,src=${place}`]
  return [`type=registry,ref=${place}`]
}

/** All steps are kept, not only those that are in the image, but for what is kept in the image itself. */
function targetsOf(tier: CacheTier, names: CacheNames): string[] {
  const place = placeOf(tier, names)
  if (tier.kind === 'inline') return ['type=inline']
  if (tier.kind === 'gha') return [`type=gha,scope=${place},mode=max,ignore-error=true`]
  if (tier.kind === 'local') return [`type=local,dest=${place},mode=max,ignore-error=true`]
  // Amazon's registry and Google's take no index of layers, which was the form before BuildKit 0.21.
  return [`type=registry,ref=${place},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`]
}

function placeOf(tier: CacheTier, names: CacheNames): string {
  const template = templateOf(tier)
  const values: Readonly<Record<string, string | undefined>> = {
    ...names.variant,
    image: names.image,
    target: names.target,
    platform: names.platform,
    prefix: names.prefix === '' ? '' : `${names.prefix}-`
  }
  const filled = template.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) throw fault(`${template}: {${name}} means nothing here, only ${known(values)}`)
    return name === 'image' ? value : safe(value)
  })
  if (tier.kind === 'gha') return safe(filled)
  return tier.kind === 'local' ? pathOf(filled) : referenceOf(filled)
}

/** `previous=1.2` is a tag of the image itself. */
function templateOf({kind, place}: CacheTier): string {
  if (place === undefined) return DEFAULT_PLACES[kind]
  const isTag = (kind === 'previous' || kind === 'inline') && !/[/:@]/.test(place)
  if (isTag) return `{image}:${place}`
  return kind === 'local' && !place.includes('{') ? `${place}/{prefix}{target}-{platform}` : place
}

/** What a scope, a tag and a file name may hold; a slash would make another thing of each. */
function safe(value: string): string {
  return value.replace(/[^A-Za-z0-9._-]+/g, '-')
}

function referenceOf(text: string): string {
  parseReference(text)
  return text
}

function pathOf(text: string): string {
  if (/[,"\n]/.test(text))
    throw fault(`${JSON.stringify(text)}: a folder of a cache has no comma and no quote`)
  return text
}

function known(values: Readonly<Record<string, string | undefined>>): string {
  return Object.keys(values)
    .filter(name => values[name] !== undefined)
    .map(name => `{${name}}`)
    .join(', ')
}

function fault(message: string): ReleaseError {
  return new ReleaseError('INPUT_INVALID', message)
}
