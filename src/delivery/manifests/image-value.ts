import {type Digest, isDigest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import type {DeployedImage, Pin} from './deployed-image.js'

/** The image that a place of a manifest names, whichever keys hold its parts. A part is '' where the place lacks it. */
export interface ImageValue {
  /** Registry and repository, as they are written. */
  readonly name: string
  readonly tag: string
  /** Whole, with its algorithm, also where a key holds the hexadecimal digits alone. */
  readonly digest: string
}

/** Which part of an image a key holds. */
export type Part =
  /** All of it: `ghcr.io/org/app:1.2.3@sha256:…`. */
  | 'reference'
  | 'registry'
  | 'repository'
  /** The last part of the name, beside a repository that holds all before it. */
  | 'path'
  /** The tag, and in charts without a key for it the digest: `1.2.3@sha256:…`. */
  | 'tag'
  /** What a template puts after the tag. */
  | 'suffix'
  | 'digest'
  /** The digits of the digest, without `sha256:` (the charts of Grafana and Dagster call it `sha`). */
  | 'hash'

/** The parts of an image that keys of a manifest hold, as they are written there. */
export type WrittenParts = Readonly<Partial<Record<Part, string>>>

/** Reads `name:tag@digest`, also where it is no reference: a template may stand in it. */
export function splitImage(text: string): ImageValue {
  const at = text.indexOf('@')
  const named = at < 0 ? text : text.slice(0, at)
  const [, name = named, tag = ''] = /^(.*?):([^/]*)$/s.exec(named.replace(/^.*\//s, '')) ?? []
  const folder = named.slice(0, named.lastIndexOf('/') + 1)
  return {name: tag === '' ? named : folder + name, tag, digest: at < 0 ? '' : text.slice(at + 1)}
}

/** `name:tag@digest`, of what there is; without a name what stands behind it. */
export function formatImage({name, tag, digest}: ImageValue): string {
  const named = tag === '' || name === '' ? name + tag : `${name}:${tag}`
  return digest === '' ? named : `${named}@${digest}`
}

/** What keys say together. A key for a part counts more than the part in a text that holds several. */
export function valueOf(parts: WrittenParts): ImageValue {
  const whole = splitImage(parts.reference ?? '')
  const repository = splitImage(parts.repository ?? '')
  const tag = splitTag(parts.tag ?? '')
  const names = [parts.registry, repository.name || whole.name, parts.path]
  const digests = [digestIn(parts.digest), digestIn(parts.hash), tag.digest, whole.digest, repository.digest]
  const base = tag.tag || whole.tag || repository.tag
  return {
    name: names.filter(Boolean).join('/'),
    tag: base === '' ? '' : base + (parts.suffix ?? ''),
    digest: digests.find(one => one !== undefined && one !== '') ?? ''
  }
}

/** Whether something fills a text in before it is an image: Helm, envsubst, Argo CD or Flux. */
export function isTemplate({name, tag, digest}: ImageValue): boolean {
  return /\{\{|\$\{|\$\(|<[^>]*>/.test(`${name}:${tag}@${digest}`)
}

/** What is to stand somewhere in place of what is there. */
export interface WantedImage {
  readonly image: DeployedImage
  /** The tag of the image that fits this place; undefined where it has none. */
  readonly tag: Tag | undefined
  readonly pin: Pin
  /** How the image is written there: its own name, or the one that is there and means the same. */
  readonly name: string
}

/** What the keys of a place allow and need. */
export interface KeyNeeds {
  /** `needed` where nothing but the tag's key can hold a digest; `kept` where a tag that is there stays one. */
  readonly tag: 'needed' | 'kept' | 'free'
  /** Whether a key for the digest that is empty is filled. */
  readonly fillsDigest: boolean
}

/**
 * What a place is to say: the tag and the digest that are asked for, and those that are there already, for what is left
 * would count beside them.
 */
export function wantedValue(
  standing: ImageValue,
  {image, tag, pin, name}: WantedImage,
  needs: KeyNeeds
): ImageValue {
  const isKept = needs.tag === 'needed' || (needs.tag === 'kept' && standing.tag !== '')
  const isTagged = tag !== undefined && (pin !== 'digest' || isKept)
  const isPinned = pin !== 'tag' || tag === undefined || standing.digest !== '' || needs.fillsDigest
  return {name, tag: isTagged ? tag : '', digest: isPinned ? image.digest : ''}
}

/**
 * The texts of keys that say a value, for each key that is there, and for those that are to be added.
 * @param name whether registry and repository change, too
 */
export function writtenParts(
  parts: WrittenParts,
  value: ImageValue,
  name: {readonly registry: string; readonly path: string} | undefined
): WrittenParts {
  const {reference, tag, digest, hash, repository} = parts
  const hasDigestKey = digest !== undefined || hash !== undefined
  const suffix = suffixFor(parts.suffix, value.tag)
  const isBare = reference !== undefined && (tag !== undefined || hasDigestKey)
  return {
    ...(reference === undefined ? {} : {reference: isBare ? value.name : formatImage(value)}),
    ...(name === undefined ? strippedRepository(repository) : nameParts(parts, value.name, name)),
    ...(tag === undefined ? {} : {tag: tagText(value, {suffix, hasDigestKey})}),
    ...(suffix === undefined ? {} : {suffix}),
    ...(digest === undefined ? {} : {digest: value.digest}),
    ...(hash === undefined ? {} : {hash: hashText(hash, value.digest)})
  }
}

/** A tag or digest in the text of a repository would stand before the key that holds it. */
function strippedRepository(repository: string | undefined): WrittenParts {
  return repository === undefined ? {} : {repository: splitImage(repository).name}
}

function nameParts(
  {registry, path}: WrittenParts,
  whole: string,
  name: {readonly registry: string; readonly path: string}
): WrittenParts {
  const at = whole.lastIndexOf('/')
  if (path !== undefined) return {repository: whole.slice(0, at), path: whole.slice(at + 1)}
  if (registry !== undefined) return {registry: name.registry, repository: name.path}
  return {repository: whole}
}

function tagText(
  {tag, digest}: ImageValue,
  {suffix = '', hasDigestKey}: {readonly suffix: string | undefined; readonly hasDigestKey: boolean}
): string {
  const base = suffix === '' ? tag : tag.slice(0, -suffix.length)
  return hasDigestKey || digest === '' ? base : `${base}@${digest}`
}

function suffixFor(standing: string | undefined, tag: string): string | undefined {
  if (standing === undefined) return undefined
  return tag.endsWith(standing) && tag.length > standing.length ? standing : ''
}

function hashText(standing: string, digest: string): string {
  return standing.startsWith('sha256:') ? digest : digest.replace(/^sha256:/, '')
}

function splitTag(text: string): {tag: string; digest: string} {
  const [tag = '', digest = ''] = text.split('@', 2)
  return {tag, digest}
}

function digestIn(text: string | undefined): Digest | string | undefined {
  if (text === undefined || text === '' || isDigest(text)) return text
  return /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text
}
