import {factsOf, type RunFacts} from '../../ci/run-facts.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import type {ReleaseConfig} from '../release-plan.js'
import type {Affix, Flavor} from '../rules/flavor.js'
import {meetsConditions} from '../rules/rule-condition.js'
import type {TagRule} from '../rules/rule.js'
import {type TargetValues, planTargets, valuesOf} from '../targets/target.js'
import type {PeerInputs} from './peer-tags.js'

/**
 * The settings as steps of docker/metadata-action, one for each image. What it does not know stands as it is in the run: the
 * rules of a strategy, the names of variants and services, whether `on` holds, as `enable`, and a version that is given, as `value`.
 */
export function metadataSteps(config: ReleaseConfig, run: WorkflowRun): PeerInputs[] {
  const facts = factsOf(run, config.shortShaLength)
  return planTargets(config).map(target => {
    const values = valuesOf(target.service, target.variant)
    return {
      images: target.images.map(({name, enable}) => `name=${name},enable=${String(enable)}`).join('\n'),
      tags: target.rules
        .map(rule => withNames(`${ruleText(rule, facts)}${valueFor(rule, config)}`, values))
        .join('\n'),
      flavor: withNames(flavorText(target.flavor), values),
      shortShaLength: config.shortShaLength
    }
  })
}

/** What docker/metadata-action does not know of the settings, in words. */
export function unknownToMetadata({
  strategy,
  variants,
  services,
  tags,
  ...given
}: {
  readonly strategy: string
  readonly variants: readonly unknown[]
  readonly services: readonly unknown[]
  readonly tags: readonly TagRule[] | undefined
  readonly version: string | undefined
  readonly 'version-file': string | undefined
}): string[] {
  return [
    ...(strategy === 'none' ? [] : [`the strategy ${strategy}, whose rules are written out for it`]),
    ...(services.length === 0 ? [] : ['services, each of which gets a step of its own']),
    ...(variants.length === 0 ? [] : ['variants, each of which gets a step of its own']),
    ...(tags?.some(({on}) => on !== undefined) === true
      ? ['the attribute on, in whose place enable says whether it holds']
      : []),
    ...(given.version === undefined && given['version-file'] === undefined
      ? []
      : ['a version that the Git tag does not have, which stands as value in each rule for versions'])
  ]
}

function ruleText({text, on}: TagRule, facts: RunFacts): string {
  if (on === undefined) return text
  const bare = without(text, 'on')
  return meetsConditions(on, facts) ? bare : `${without(bare, 'enable')},enable=false`
}

/** What stands for a version that does not come from the Git tag. */
function valueFor(rule: TagRule, {version}: ReleaseConfig): string {
  const isOfVersion = rule.type === 'semver' || rule.type === 'pep440'
  return isOfVersion && rule.value === undefined && version !== undefined ? `,value=${version.text}` : ''
}

function without(text: string, attribute: string): string {
  return text
    .split(',')
    .filter(field => !field.startsWith(`${attribute}=`))
    .join(',')
}

function withNames(text: string, values: TargetValues): string {
  return text.replaceAll(/\{\{\s*([\w-]+)\s*\}\}/g, (whole, name: string) => values.get(name) ?? whole)
}

function flavorText({latest, prefix, suffix}: Flavor): string {
  const line = (name: string, {template, onLatest}: Affix): string[] =>
    template.source === '' ? [] : [`${name}=${template.source}${onLatest ? ',onlatest=true' : ''}`]
  return [`latest=${latest}`, ...line('prefix', prefix), ...line('suffix', suffix)].join('\n')
}
