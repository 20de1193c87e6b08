import {shortDigest} from '../oci/digest.js'
import type {Plan} from '../contracts/plan.js'
import type {ReleaseDocument} from '../contracts/release-document.js'
import {formatSeconds} from '../shared/format.js'
import {type Markdown, code, joined, markdownTable, prose, textTable, words} from '../shared/markdown.js'
import {describeMoves} from '../planning/preview/move-words.js'

/** The steps of a release that runs in one process. */
export type ReleaseStep = 'plan' | 'check' | 'build' | 'merge' | 'verify' | 'notes' | 'clean-up'

/** What became of a step. */
export interface StepReport {
  readonly step: ReleaseStep
  /** What it says for the job summary, as Markdown. */
  readonly sections: readonly Markdown[]
  readonly milliseconds: number
  readonly isDone: boolean
}

/** One image of one platform, built by this call or found to be built already. */
export interface BuiltPlatform {
  readonly target: string
  readonly platform: string
  readonly digest: string
  /** False where an earlier call built it. */
  readonly built: boolean
}

/** What a release came to. */
export interface ReleaseResult {
  readonly version?: string
  /** Whether the run publishes; false where it only builds. */
  readonly push: boolean
  /** The last step that was wanted. */
  readonly until: string
  readonly builds: readonly BuiltPlatform[]
  /** Absent where nothing was merged. */
  readonly release?: ReleaseDocument
  /** REPOSITORY@DIGEST each. */
  readonly deleted: readonly string[]
  /** The page of the notes; absent where they were not written to one. */
  readonly url?: string
  readonly steps: readonly StepReport[]
}

/** The job summary of a whole release: what came of it, and what each step says, folded. */
export function releaseSummary(title: Markdown, reports: readonly StepReport[], fault?: string): Markdown {
  const rows = reports.map(({step, milliseconds, isDone}) => [
    words(step),
    isDone ? prose`done` : prose`**stopped**`,
    words(formatSeconds(milliseconds, 2))
  ])
  const details = reports.flatMap(({step, sections}) =>
    sections.length === 0
      ? []
      : [prose`<details><summary>${words(step)}</summary>`, ...sections, prose`</details>`]
  )
  return joined([
    prose`# ${title}`,
    ...(fault === undefined ? [] : [prose`> [!CAUTION]\n${quote(fault)}`]),
    markdownTable(['Step', 'State', 'Time'], rows),
    ...details
  ])
}

function quote(text: string): Markdown {
  return joined(
    text.split('\n').map(line => prose`> ${words(line)}`),
    '\n'
  )
}

/** What is asked before anything is pushed: every tag with what becomes of it, and where. */
export function moveLines(plan: Plan): string[] {
  const rows = plan.targets.flatMap(target =>
    target.tags.map(tag => [tag.name, describeMoves(tag, plan), target.images.join(', ')])
  )
  return textTable([['TAG', 'MOVES', 'IN'], ...rows])
}

/** The result for people, to read and to copy. */
export function resultText(result: ReleaseResult): string {
  const {release, builds, deleted, url} = result
  if (release === undefined) return [headline(result), ...buildLines(builds)].join('\n')
  const tags = release.targets.flatMap(({tags: each}) => each)
  const rows = tags.map(({reference, state, before}) => [
    `  ${reference}`,
    state === 'kept' ? 'stayed' : state === 'same' ? 'as it was' : state,
    state === 'moved' && before !== undefined ? `from ${shortDigest(before)}` : ''
  ])
  const moved = tags.filter(({state}) => state !== 'kept').map(({reference}) => reference)
  const exact = release.targets.flatMap(({images, digest}) => images.map(image => `${image}@${digest}`))
  return [
    headline(result),
    ...textTable(rows),
    ...(deleted.length === 0 ? [] : [`  ${deleted.length} manifests that it superseded are deleted`]),
    ...(url === undefined || url === '' ? [] : [`  Notes: ${url}`]),
    '',
    ...[...moved.slice(0, 1), ...exact].map(reference => `docker pull ${reference}`)
  ].join('\n')
}

function headline({version, push, until, release, steps}: ReleaseResult): string {
  const time = formatSeconds(
    steps.reduce((sum, {milliseconds}) => sum + milliseconds, 0),
    2
  )
  if (release !== undefined) return `Released${version === undefined ? '' : ` ${version}`} in ${time}`
  if (!push) return `Built in ${time}; this run publishes nothing`
  return until === 'plan' ? 'Planned; nothing is built' : `Built in ${time}; no tag is moved yet`
}

function buildLines(builds: readonly BuiltPlatform[]): string[] {
  const rows = builds.map(({target, platform, digest, built}) => [
    `  ${target}`,
    platform,
    digest,
    built ? '' : 'built before'
  ])
  return textTable(rows)
}

/** The result for programs. */
export function releaseResultJson({steps, ...result}: ReleaseResult): string {
  const times = steps.map(({step, milliseconds, isDone}) => ({step, milliseconds, done: isDone}))
  return JSON.stringify({...result, steps: times}, undefined, 2)
}

/** A summary's title. */
export function releaseTitle({version, push, source}: Plan): Markdown {
  const what = version ?? source.ref
  return push ? prose`Release ${code(what)}` : prose`Build of ${code(what)}`
}
