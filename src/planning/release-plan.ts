import {InputError, ReleaseError} from '../errors.js'
import {parsePlatform} from '../oci/platform.js'
import {PLAN_SCHEMA, type Plan} from '../contracts/plan.js'
import {type DraftTarget, planId} from '../contracts/plan-id.js'
import {recordName} from '../contracts/record-name.js'
import {assertNoCollision} from '../contracts/tag-collision.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import {type PushMode, decidePush} from './push-mode.js'
import {commitDateOf, factsOf} from '../ci/run-facts.js'
import type {TagConfig} from './tags/tag-plan.js'
import {type BuildConfig, type DecidedTarget, type DraftDecision, planTarget} from './targets/target-plan.js'
import {type TargetConfig, planTargets} from './targets/target.js'

/** All that a caller says about a release. */
export interface ReleaseConfig extends TagConfig, TargetConfig, BuildConfig {
  readonly push: PushMode
  /** The form that a Git tag must have; any, if it is absent. */
  readonly gitTagPattern?: {readonly text: string; readonly matches: (tag: string) => boolean}
}

/** A plan, and how it came about. */
export interface DecidedRelease {
  readonly plan: Plan
  /** At least one. */
  readonly targets: readonly DecidedTarget[]
  /** The target that owns the tags without a variant, or else the first. */
  readonly main: DecidedTarget
}

/**
 * Decides everything about a release: pure, from what the caller says and the facts of the run.
 * @throws ReleaseError VERSION_INVALID or TAG_COLLISION
 * @throws InputError with every rule that makes something that is no tag
 */
export function planRelease(config: ReleaseConfig, run: WorkflowRun): DecidedRelease {
  const drafts = planTargets(config).map(target => planTarget(target, config, run))
  assertGitTag(config.gitTagPattern, factsOf(run, config.shortShaLength).gitTag)
  const draft = mainOf(drafts)
  const planned = drafts.map(({target}) => target)
  assertNames(planned.map(({name}) => name))
  assertNoCollision(planned)
  const {push, notes} = decidePush(config.push, run, factsOf(run, config.shortShaLength), {
    images: sum(planned.map(({images}) => images.length)),
    tags: sum(planned.map(({tags}) => tags.length))
  })
  const version = draft.tagPlan.version
  const content = {source: sourceOf(run), ...(version === undefined ? {} : {version}), push}
  const id = planId({...content, targets: planned})
  const targets = drafts.map(decided => ({...decided, target: withRecords(decided.target, id)}))
  const plan: Plan = {
    schema: PLAN_SCHEMA,
    id,
    ...content,
    targets: targets.map(({target}) => target),
    notes: [
      ...new Set([
        ...notes,
        ...targets.flatMap(({tagPlan}) => tagPlan.notes),
        ...dateNotes(run),
        ...targets.flatMap(each => each.notes)
      ])
    ]
  }
  return {plan, targets, main: mainOf(targets)}
}

/** A run for a Git tag of another form fails: green, with nothing published, would look like a release. */
function assertGitTag(pattern: ReleaseConfig['gitTagPattern'], gitTag: string | undefined): void {
  if (pattern === undefined || gitTag === undefined || pattern.matches(gitTag)) return
  throw new ReleaseError('VERSION_INVALID', `the Git tag ${gitTag} is not of the form ${pattern.text}`, {
    hint: 'Nothing is built. Tag the commit by that form, or change git-tag-pattern.'
  })
}

/** The target that owns the tags without a variant, or else the first. */
function mainOf<Decision extends DraftDecision>(targets: readonly Decision[]): Decision {
  const main = targets.find(({variant}) => variant.isDefault) ?? targets[0]
  if (main === undefined) throw new InputError([{input: 'variants', message: 'there is nothing to build'}])
  return main
}

function withRecords({builds, ...target}: DraftTarget, id: string): DecidedTarget['target'] {
  const named = builds.map(build => ({
    ...build,
    record: recordName(id, target.name, parsePlatform(build.platform))
  }))
  return {...target, builds: named}
}

/** Records, jobs and inputs name targets: no two may be called the same. */
function assertNames(names: readonly string[]): void {
  const repeated = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
  if (repeated.length === 0) return
  throw new InputError(
    repeated.map(name => ({
      input: 'images',
      message: `two targets would be called ${name}; name the variant or the service in the image, or leave it out of it`
    }))
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function sourceOf(run: WorkflowRun): Plan['source'] {
  return {
    event: run.event,
    ref: run.ref,
    revision: run.sha,
    created: commitDateOf(run),
    repository: run.source.fullName
  }
}

function dateNotes(run: WorkflowRun): string[] {
  if (!Number.isNaN(Date.parse(run.commitDate ?? ''))) return []
  return [
    'The date of the commit is not known here: the start of the run stands in for it, and each run makes another digest. A checkout before this step makes it known, or a github-token.'
  ]
}
