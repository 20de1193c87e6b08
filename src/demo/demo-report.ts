import {type Digest, shortDigest} from '../oci/digest.js'
import {formatSeconds} from '../shared/format.js'
import {textTable} from '../shared/markdown.js'

/** How long a step of one release took. */
export interface StepTime {
  readonly step: string
  readonly version: string
  readonly milliseconds: number
}

/** One tag, as an independent look at the registries finds it in the end. */
export interface FinalTag {
  readonly tag: string
  readonly platforms: readonly string[]
  /** What each registry has there, in their order. */
  readonly digests: readonly (Digest | undefined)[]
}

/** The table of tags: one line each, with what every registry holds. */
export function tagLines(tags: readonly FinalTag[], hosts: readonly string[]): string[] {
  const rows = tags.map(({tag, platforms, digests}) => [
    `  ${tag}`,
    ...digests.map(digest => (digest === undefined ? 'not there' : shortDigest(digest))),
    platforms.join(', ')
  ])
  return textTable([['  TAG', ...hosts, 'PLATFORMS'], ...rows])
}

/** The table of times: a line for each step, a column for each release. */
export function timeLines(times: readonly StepTime[]): string[] {
  const versions = [...new Set(times.map(({version}) => version))]
  const steps = [...new Set(times.map(({step}) => step))]
  const timeOf = (step: string, version: string): number =>
    times
      .filter(time => time.step === step && time.version === version)
      .reduce((sum, {milliseconds}) => sum + milliseconds, 0)
  const rows = steps.map(step => [
    `  ${step}`,
    ...versions.map(version => formatSeconds(timeOf(step, version), 2))
  ])
  const total = versions.map(version =>
    formatSeconds(
      steps.reduce((sum, step) => sum + timeOf(step, version), 0),
      2
    )
  )
  return textTable([['  STEP', ...versions], ...rows, ['  all', ...total]])
}
