import {parseKeyValue} from './key-value.js'

/** One line of the input `annotations`. */
export interface AnnotationLine {
  readonly key: string
  readonly value: string
  /** Whether it goes on the manifest of an image; else only on an index or a descriptor. */
  readonly isOfManifest: boolean
}

/** `manifest:`, `index,manifest[linux/arm64]:` … (docker buildx build, `--annotation`). */
const LEVELS =
  /^((?:manifest|index)(?:-descriptor)?(?:\[[^\]]*\])?(?:,(?:manifest|index)(?:-descriptor)?(?:\[[^\]]*\])?)*):/

/**
 * Reads `key=value`, with the levels in front that build-push-action takes and metadata-action gives out.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseAnnotation(line: string): AnnotationLine {
  const levels = LEVELS.exec(line)?.[1]
  const [key, value] = parseKeyValue(levels === undefined ? line : line.slice(levels.length + 1))
  const isOfManifest =
    levels === undefined || levels.split(',').some(level => /^manifest(?:\[|$)/.test(level))
  return {key, value, isOfManifest}
}
