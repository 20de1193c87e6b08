import type {NamedTag} from '../tags/named-tag.js'
import type {DecidedTarget} from '../targets/target-plan.js'

/** Lists by their names; those of axes are called as the axes are. */
export type VariantOutputs = Readonly<
  Record<'primary_tags' | 'variant_tags' | 'precision_tags', string> & Record<string, string>
>

/**
 * The tags of all variants by what they are good for, with commas between them: `primary_tags` name no variant,
 * `precision_tags` name a variant and a version or commit, `variant_tags` a variant alone; `<axis>_tags` are those of one axis,
 * and `<axis>_versions_json` its values, for a matrix.
 */
export function variantOutputs(targets: readonly DecidedTarget[]): VariantOutputs {
  const axes = [...new Set(targets.flatMap(({variant}) => [...variant.values.keys()]))]
  const tags = targets.flatMap(({tagPlan}) => tagPlan.tags)
  const variantTags = tags.filter(tag => tag.targetNames.some(isOfVariant(axes)) && !isPrecise(tag))
  const lists = axes.flatMap((axis): [string, string][] => [
    [`${axis}_tags`, listOf(variantTags.filter(tag => isOfAxis(tag, axis, axes)))],
    [`${axis}_versions_json`, JSON.stringify(valuesOf(axis, targets))]
  ])
  return {
    ...Object.fromEntries(lists),
    primary_tags: listOf(latestFirst(tags.filter(tag => !tag.targetNames.some(isOfVariant(axes))))),
    variant_tags: listOf(variantTags),
    precision_tags: listOf(tags.filter(tag => tag.targetNames.some(isOfVariant(axes)) && isPrecise(tag)))
  }
}

function isOfVariant(axes: readonly string[]): (name: string) => boolean {
  return name => name === 'variant' || axes.includes(name)
}

function isPrecise({kind}: NamedTag): boolean {
  return kind === 'version' || kind === 'commit'
}

/** A tag that names the whole variant is one of the axis only where there is no other. */
function isOfAxis({targetNames}: NamedTag, axis: string, axes: readonly string[]): boolean {
  return targetNames.includes(axis) || (axes.length === 1 && targetNames.includes('variant'))
}

function valuesOf(axis: string, targets: readonly DecidedTarget[]): string[] {
  return [...new Set(targets.flatMap(({variant}) => variant.values.get(axis) ?? []))]
}

function latestFirst(tags: readonly NamedTag[]): NamedTag[] {
  return [...tags].sort((a, b) => Number(b.name === 'latest') - Number(a.name === 'latest'))
}

function listOf(tags: readonly NamedTag[]): string {
  return [...new Set(tags.map(({name}) => name))].join(',')
}
