import {InputError, type InputIssue} from '../errors.js'
import type {Ports} from '../ports.js'
import {type Axis, completeAxis} from './targets/axis.js'
import type {ReleaseConfig} from './release-plan.js'
import {sortRules} from './rules/rule-grammar.js'
import type {BuildTemplates} from './targets/service.js'
import {type Strategy, needsVariants, strategyOf} from './rules/strategy.js'
import {targetNames} from './targets/target.js'
import {type Variant, planVariants} from './targets/variant.js'
import {versionIn} from '../versions/version-file.js'
import type {GivenVersion} from './tags/version-source.js'
import type {PlanValues} from './plan-inputs.js'

/**
 * Makes of the inputs what a release is planned from, and reads the files that they name.
 * @throws InputError with all faults
 */
export async function readReleaseConfig(
  values: PlanValues,
  readText: Ports['readText']
): Promise<ReleaseConfig> {
  const [axes, version] = await settle([readAxes(values, readText), readVersion(values, readText)] as const)
  const {rules, flavor, policy} = strategyFor(values)
  return {
    images: values.images,
    rules: sortRules([...rules, ...(values.tags ?? [])]),
    flavor: values.flavor ?? flavor,
    policy: new Map([...policy, ...values.policy]),
    isUnique: values['ref-names'] === 'unique',
    labels: values.labels,
    annotations: values.annotations,
    variants: variantsOf(values, axes),
    services: values.services,
    build: buildOf(values),
    ...(version === undefined ? {} : {version}),
    platforms: values.platforms,
    runners: values.runners,
    push: values.push,
    ...(values['git-tag-pattern'] === undefined ? {} : {gitTagPattern: values['git-tag-pattern']}),
    shortShaLength: values['short-sha-length']
  }
}

/** The rules of docker/metadata-action stand in only where there are no others. */
function strategyFor({strategy, variants, services, tags}: PlanValues): Strategy {
  const name = strategy === 'none' ? undefined : strategy
  if (needsVariants(name) && variants.length === 0)
    throw new InputError([
      {input: 'strategy', message: `${strategy} needs variants: name them in the input variants`}
    ])
  const names = targetNames(
    variants.map(each => each.name),
    services.length > 0
  )
  const chosen = strategyOf(name, names)
  return name === undefined && tags !== undefined ? {...chosen, rules: []} : chosen
}

function variantsOf(values: PlanValues, axes: readonly Axis[]): Variant[] {
  return planVariants({
    axes,
    defaults: values['default-variant'],
    exclude: values['exclude-variants'],
    include: values['include-variants']
  })
}

function buildOf(values: PlanValues): BuildTemplates {
  const {'build-context': context, file, target, 'build-args': args} = values
  return {
    ...(context === undefined ? {} : {context}),
    ...(file === undefined ? {} : {file}),
    ...(target === undefined ? {} : {target}),
    args
  }
}

async function readAxes({variants}: PlanValues, readText: Ports['readText']): Promise<Axis[]> {
  const axes = variants.map(async source =>
    completeAxis(source, source.file === undefined ? undefined : await readText(source.file))
  )
  return await settle(axes)
}

async function readVersion(
  values: PlanValues,
  readText: Ports['readText']
): Promise<GivenVersion | undefined> {
  const {version, 'version-file': file, 'version-mismatch': mismatch} = values
  if (version !== undefined && file !== undefined)
    throw new InputError([{input: 'version-file', message: 'is given beside version; give one of them'}])
  if (version !== undefined) return {text: version.trim(), from: 'the input version', mismatch}
  if (file === undefined) return undefined
  return {text: await versionIn(file.trim(), await readText(file.trim())), from: file.trim(), mismatch}
}

/** Waits for all, and throws the faults of all together. */
async function settle<const Results extends readonly unknown[]>(work: {
  [Index in keyof Results]: Promise<Results[Index]>
}): Promise<Results>
async function settle(work: readonly Promise<unknown>[]): Promise<unknown> {
  const results = await Promise.allSettled(work)
  const issues: InputIssue[] = []
  for (const result of results) {
    if (result.status === 'fulfilled') continue
    if (!(result.reason instanceof InputError)) throw result.reason
    issues.push(...result.reason.issues)
  }
  if (issues.length > 0) throw new InputError(issues)
  return await Promise.all(work)
}
