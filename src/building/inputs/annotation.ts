import {type Platform, isSamePlatform, parsePlatform} from '../../oci/platform.js'
import {parseEntry} from '../../command/key-value.js'

/** One line of the input `annotations`. */
export interface AnnotationLine {
  readonly key: string
  readonly value: string
  /** Whether it goes on the manifest of an image; else only on an index or a descriptor. */
  readonly isOfManifest: boolean
  /** The platforms whose manifests it is for; any where absent. */
  readonly platforms?: readonly Platform[]
}

/** `manifest:`, `index,manifest[linux/arm64]:` … (docker buildx build, `--annotation`). */
const LEVELS =
  /^((?:manifest|index)(?:-descriptor)?(?:\[[^\]]*\])?(?:,(?:manifest|index)(?:-descriptor)?(?:\[[^\]]*\])?)*):/

/**
 * Reads `key=value`, with the levels in front that build-push-action takes and metadata-action gives out.
 * @throws ReleaseError INPUT_INVALID; InputError for a platform that is none
 */
export function parseAnnotation(line: string): AnnotationLine {
  const levels = LEVELS.exec(line)?.[1]
  const [key, value] = parseEntry(levels === undefined ? line : line.slice(levels.length + 1))
  if (levels === undefined) return {key, value, isOfManifest: true}
  const named = levels.split(',').flatMap((level): (string | undefined)[] => {
    const found = /^manifest(?:\[([^\]]*)\])?$/.exec(level)
    return found === null ? [] : [found[1]]
  })
  if (named.length === 0) return {key, value, isOfManifest: false}
  if (named.includes(undefined)) return {key, value, isOfManifest: true}
  return {key, value, isOfManifest: true, platforms: named.map(text => parsePlatform(text ?? ''))}
}

/**
 * The annotations that the manifest of one platform gets. One that names the platform goes before one for all of them, and a
 * later line before an earlier one, as with buildx.
 */
export function annotationsOf(
  lines: readonly AnnotationLine[],
  platform: Platform
): Readonly<Record<string, string>> {
  const ofManifest = lines.filter(({isOfManifest}) => isOfManifest)
  const general = ofManifest.filter(({platforms}) => platforms === undefined)
  const own = ofManifest.filter(({platforms}) => platforms?.some(one => isSamePlatform(one, platform)))
  return Object.fromEntries([...general, ...own].map(({key, value}) => [key, value]))
}
