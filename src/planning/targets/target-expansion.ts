import type {Flavor} from '../rules/flavor.js'
import type {TagRule} from '../rules/rule.js'
import type {BuildTemplates} from './service.js'
import {type Template, bindTemplate, valuesIn} from '../rules/template.js'

/** What the names of one target stand for: its axes, `variant`, `service`, and whether it is the default. */
export type TargetValues = ReadonlyMap<string, string>

/** A rule as it reads for one target; everything else in its templates is filled in by the run. */
export function bindRule<Rule extends TagRule>(rule: Rule, values: TargetValues): Rule {
  if (values.size === 0) return rule
  const templates = templatesOf(rule)
  const bound = templates.map(([name, template]) => [name, bindTemplate(template, values)])
  const targetNames = namesIn(
    templates.flatMap(([name, template]) => (name === 'enable' ? [] : [template])),
    values
  )
  return {...rule, ...(Object.fromEntries(bound) as Partial<Rule>), targetNames}
}

const FIELDS = ['enable', 'prefix', 'suffix', 'pattern', 'value'] as const

function templatesOf(rule: TagRule): [name: string, template: Template][] {
  const fields: Readonly<Record<string, unknown>> = {...rule}
  return FIELDS.flatMap((name): [string, Template][] => {
    const field = fields[name]
    return isTemplate(field) ? [[name, field]] : []
  })
}

function isTemplate(field: unknown): field is Template {
  return typeof field === 'object' && field !== null && 'parts' in field
}

function namesIn(templates: readonly Template[], values: TargetValues): string[] {
  const used = new Set(templates.flatMap(template => [...valuesIn(template)]))
  return [...values.keys()].filter(name => used.has(name))
}

/** The flavor as it reads for one target. */
export function bindFlavor(flavor: Flavor, values: TargetValues): Flavor {
  const {prefix, suffix} = flavor
  return {
    ...flavor,
    prefix: {...prefix, template: bindTemplate(prefix.template, values)},
    suffix: {...suffix, template: bindTemplate(suffix.template, values)},
    targetNames: namesIn([prefix.template, suffix.template], values)
  }
}

/** The settings of a build as they read for one target. */
export function bindBuild({args, ...texts}: BuildTemplates, values: TargetValues): BuildTemplates {
  const bound = Object.entries(texts).map(([name, template]) => [name, bindTemplate(template, values)])
  return {
    ...(Object.fromEntries(bound) as Omit<BuildTemplates, 'args'>),
    args: args.map(template => bindTemplate(template, values))
  }
}
