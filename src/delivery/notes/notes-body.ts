import {formatMinutes, formatSize} from '../../shared/format.js'
import {type Markdown, code, fence, fold, joined, markdownTable, prose, words} from '../../shared/markdown.js'
import {MAX_RELEASE_BODY} from './notes-section.js'

/** One platform of a published image. */
export interface NotedPlatform {
  /** `linux/arm64` */
  readonly platform: string
  readonly digest: string
  /** Bytes that a pull fetches: config and layers, as they are stored. */
  readonly size: number
}

/** A published image, as its users are told of it. */
export interface NotedImage {
  readonly target: string
  readonly digest: string
  /** Repositories, `registry/name`. */
  readonly repositories: readonly string[]
  /** Every tag that points at it, as `registry/name:tag`; the most exact first. */
  readonly tags: readonly string[]
  readonly platforms: readonly NotedPlatform[]
  /** When it was made, as ISO 8601. */
  readonly created?: string | undefined
  /** The commit that it was made from. */
  readonly revision?: string | undefined
  /** How long the slowest of its builds took, in milliseconds. */
  readonly buildTime?: number | undefined
  /** Command lines that verify where it comes from. */
  readonly verify: readonly string[]
}

/** How much is said: everything; tags, digests and how to verify; or the digests alone. */
const DETAILS = ['full', 'short', 'least'] as const

type Detail = (typeof DETAILS)[number]

/** What stands above the images, and where commits can be looked at. */
export interface NotesFrame {
  readonly title: string
  /** `https://github.com/owner/name` */
  readonly source?: string | undefined
}

/**
 * The notes of a release in every length, the longest first: the body of a release has a limit, and others write there
 * too.
 */
export function releaseNotes(images: readonly NotedImage[], frame: NotesFrame): Markdown[] {
  const title = prose`## ${words(frame.title)}`
  return DETAILS.map(detail => {
    if (detail === 'least') return joined([title, leastTable(images)])
    return joined([title, ...images.flatMap(image => sectionOf(image, frame, detail))])
  })
}

/** The first of several texts with which the whole stays within what GitHub takes; undefined where none does. */
export function firstThatFits(
  texts: readonly string[],
  wholeWith: (text: string) => string
): string | undefined {
  return texts.find(text => wholeWith(text).length <= MAX_RELEASE_BODY)
}

function leastTable(images: readonly NotedImage[]): Markdown {
  const rows = images.map(({target, digest}) => [words(target), code(digest)])
  return markdownTable(['Image', 'Digest'], rows)
}

function sectionOf(image: NotedImage, frame: NotesFrame, detail: Detail): Markdown[] {
  return [
    prose`### ${words(image.target)}`,
    fence('sh', pullCommands(image).join('\n')),
    ...otherTags(image),
    ...originOf(image, frame),
    ...(detail === 'full' ? [fold(prose`Digests and sizes`, digestTable(image))] : []),
    ...(image.verify.length === 0 ? [] : [fold(prose`Verify`, fence('sh', image.verify.join('\n')))])
  ]
}

/** By tag, which is easy to read; and by digest, which stays what it is. */
function pullCommands({repositories, tags, digest}: NotedImage): string[] {
  return repositories.flatMap(repository => {
    const tag = tags.find(reference => reference.startsWith(`${repository}:`))
    return [tag, `${repository}@${digest}`]
      .filter(reference => reference !== undefined)
      .map(reference => `docker pull ${reference}`)
  })
}

function otherTags({repositories, tags}: NotedImage): Markdown[] {
  const named = repositories.map(repository => tags.find(tag => tag.startsWith(`${repository}:`)))
  const others = tags.filter(tag => !named.includes(tag)).map(tag => tag.slice(tag.lastIndexOf(':') + 1))
  return others.length === 0 ? [] : [prose`Also ${joined([...new Set(others)].map(code), ', ')}.`]
}

function originOf({created, revision, buildTime}: NotedImage, {source}: NotesFrame): Markdown[] {
  const commit = revision === undefined ? undefined : commitLink(revision, source)
  const parts = [
    ...(created === undefined ? [] : [prose`created ${words(created)}`]),
    ...(commit === undefined ? [] : [prose`from ${commit}`]),
    ...(buildTime === undefined ? [] : [prose`built in ${words(formatMinutes(buildTime))}`])
  ]
  return parts.length === 0 ? [] : [prose`${upperFirst(joined(parts, ', '))}.`]
}

function commitLink(revision: string, source: string | undefined): Markdown {
  const short = code(revision.slice(0, 7))
  return isAddress(source) && /^[0-9a-f]+$/i.test(revision)
    ? (`[${short}](${source}/commit/${revision})` as Markdown)
    : short
}

function digestTable({digest, platforms}: NotedImage): Markdown {
  const rows = platforms.map(one => [words(one.platform), code(one.digest), words(formatSize(one.size))])
  return markdownTable(['Platform', 'Digest', 'Size'], [[prose`all`, code(digest), prose``], ...rows])
}

function isAddress(text: string | undefined): boolean {
  return text !== undefined && /^https?:\/\/[\w.:-]+(?:\/[\w./-]*)?$/.test(text)
}

function upperFirst(sentence: Markdown): Markdown {
  return (sentence.charAt(0).toUpperCase() + sentence.slice(1)) as Markdown
}
