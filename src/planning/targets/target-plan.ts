import {type Platform, formatPlatform} from '../../oci/platform.js'
import {formatRepository} from '../../oci/reference.js'
import type {BuildSettings, PlannedBuild, PlannedTarget} from '../../contracts/plan.js'
import type {DraftTarget} from '../../contracts/plan-id.js'
import {type RunnerEntry, chooseRunner, describeRunner} from '../jobs/runner-map.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import type {ImageName} from './image-names.js'
import {mergeMetadata} from './metadata-lines.js'
import {type Scope, commitDateOf} from '../../ci/run-facts.js'
import type {BuildTemplates} from './service.js'
import {type TagConfig, type TagPlan, planTags} from '../tags/tag-plan.js'
import {type Target, targetName} from './target.js'
import {renderTemplate} from '../rules/template.js'
import type {Variant} from './variant.js'

/** What holds for the builds of all targets. */
export interface BuildConfig {
  readonly platforms: readonly Platform[]
  readonly runners: readonly RunnerEntry[]
}

/** A target of the plan, and how it came about. */
export interface DecidedTarget {
  readonly target: PlannedTarget
  readonly tagPlan: TagPlan
  /** The names of the images as they were written. */
  readonly images: readonly ImageName[]
  readonly variant: Variant
  readonly service: string | undefined
  readonly notes: readonly string[]
}

/** A target that is decided, whose records have no names yet: they are those of the plan as a whole. */
export type DraftDecision = Omit<DecidedTarget, 'target'> & {readonly target: DraftTarget}

/**
 * Decides one target.
 * @throws ReleaseError VERSION_INVALID
 * @throws InputError with every rule that makes something that is no tag
 */
export function planTarget(
  target: Target,
  config: Omit<TagConfig, 'rules' | 'flavor'> & BuildConfig,
  run: WorkflowRun
): DraftDecision {
  const tagPlan = planTags({...config, rules: target.rules, flavor: target.flavor}, run)
  const {scope} = tagPlan.facts
  const images = repositoriesOf(target.images)
  const name = targetName(target, scope)
  const builds = planBuilds(config)
  const generated = generatedMetadata(run, target.service, tagPlan.tags[0]?.name ?? '')
  return {
    target: {
      name,
      images,
      tags: tagPlan.tags.map(({name: tag, class: tagClass, rule}) => ({name: tag, class: tagClass, rule})),
      builds: builds.map(({platform, runner}) => ({platform, runner})),
      labels: mergeMetadata(generated, target.labels, scope),
      annotations: mergeMetadata(generated, target.annotations, scope),
      ...variantField(target.variant),
      ...buildField(target.build, scope)
    },
    tagPlan,
    images: target.images,
    variant: target.variant,
    service: target.service,
    notes: builds.flatMap(emulationNotes)
  }
}

function repositoriesOf(images: readonly ImageName[]): string[] {
  const enabled = images.filter(({enable}) => enable)
  return [...new Set(enabled.map(({repository}) => formatRepository(repository)))]
}

function variantField({values}: Variant): Pick<PlannedTarget, 'variant'> {
  return values.size === 0 ? {} : {variant: Object.fromEntries(values)}
}

function buildField({args, ...texts}: BuildTemplates, scope: Scope): Pick<PlannedTarget, 'build'> {
  const rendered = Object.entries(texts).map(([name, template]) => [name, renderTemplate(template, scope)])
  const build: BuildSettings = {
    ...(Object.fromEntries(rendered) as Omit<BuildSettings, 'args'>),
    ...(args.length === 0 ? {} : {args: args.map(template => renderTemplate(template, scope))})
  }
  return Object.keys(build).length === 0 ? {} : {build}
}

interface ChosenBuild extends Omit<PlannedBuild, 'record'> {
  readonly isEmulated: boolean
}

function planBuilds({platforms, runners}: BuildConfig): ChosenBuild[] {
  const unique = new Map(platforms.map(platform => [formatPlatform(platform), platform]))
  return [...unique].map(([name, platform]) => ({
    platform: name,
    ...chooseRunner(platform, runners)
  }))
}

/** The annotations of the image specification that docker/metadata-action generates; created is the commit's date. */
function generatedMetadata(
  run: WorkflowRun,
  service: string | undefined,
  version: string
): Record<string, string> {
  const {fullName, url = '', description = '', license = ''} = run.source
  return {
    'org.opencontainers.image.title': service ?? fullName.split('/').pop() ?? '',
    'org.opencontainers.image.description': description,
    'org.opencontainers.image.url': url,
    'org.opencontainers.image.source': url,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.created': commitDateOf(run),
    'org.opencontainers.image.revision': run.sha,
    'org.opencontainers.image.licenses': license
  }
}

function emulationNotes({platform, runner, isEmulated}: ChosenBuild): string[] {
  if (!isEmulated) return []
  return [
    `${platform} is emulated on ${describeRunner(runner)}, which is slow; name a runner of its own in runners.`
  ]
}
