import {slugOf} from '../../contracts/record-name.js'
import {type ImageName, bindImage} from './image-names.js'
import {type BuildTemplates, type Service, mergeBuild} from './service.js'
import type {Scope} from '../../ci/run-facts.js'
import {type Template, bindTemplate, renderTemplate, valuesIn} from '../rules/template.js'
import type {Variant} from './variant.js'
import type {Flavor} from '../rules/flavor.js'
import type {TagRule} from '../rules/rule.js'

/** What a caller says that each target reads in its own way. */
export interface TargetConfig {
  readonly images: readonly ImageName[]
  readonly rules: readonly TagRule[]
  readonly flavor: Flavor
  readonly labels: readonly Template[]
  readonly annotations: readonly Template[]
  readonly build: BuildTemplates
  /** None: one image without a name of its own. */
  readonly services: readonly Service[]
  readonly variants: readonly Variant[]
}

/** One image to build, with all that was said as it reads for it. */
export interface Target extends Omit<TargetConfig, 'services' | 'variants'> {
  readonly service: string | undefined
  readonly variant: Variant
}

/** The names that templates know beside the facts of the run, where there are variants or services. */
export function targetNames(axes: readonly string[], hasServices: boolean): string[] {
  if (axes.length === 0 && !hasServices) return []
  return [...axes, 'variant', 'service', 'is_default_variant', 'is_not_default_variant']
}

/** Every service in every variant. */
export function planTargets(config: TargetConfig): Target[] {
  const services = config.services.length === 0 ? [undefined] : config.services
  return services.flatMap(service => config.variants.map(variant => bindTarget(config, service, variant)))
}

function bindTarget(config: TargetConfig, service: Service | undefined, variant: Variant): Target {
  const {services, variants, ...common} = config
  const isPlain = services.length === 0 && variants.every(one => one.values.size === 0)
  if (isPlain) return {...common, service: undefined, variant}
  const values = valuesOf(service?.name, variant)
  const bind = (template: Template): Template => bindTemplate(template, values)
  return {
    images: config.images.map(image => bindImage(image, values)),
    rules: config.rules.map(rule => bindRule(rule, values)),
    flavor: bindFlavor(config.flavor, values),
    labels: config.labels.map(bind),
    annotations: config.annotations.map(bind),
    build: bindBuild(service === undefined ? config.build : mergeBuild(config.build, service.build), values),
    service: service?.name,
    variant
  }
}

/** What the names of one target stand for. */
export function valuesOf(service: string | undefined, variant: Variant): TargetValues {
  if (service === undefined && variant.values.size === 0) return new Map()
  return new Map([
    ...variant.values,
    ['variant', variant.name],
    ['service', service ?? ''],
    ['is_default_variant', String(variant.isDefault)],
    ['is_not_default_variant', String(!variant.isDefault)]
  ])
}

function namesVariant({template}: ImageName, {values}: Variant): boolean {
  if (template === undefined) return false
  const named = valuesIn(template)
  return named.has('variant') || [...values.keys()].every(axis => named.has(axis))
}

/**
 * The name of a target: the service, or else the image's own name, with the variant, or else the flavor's prefix and suffix, so
 * that images that are planned apart keep apart. A variant that names the image is not said twice.
 */
export function targetName({service, images, flavor, variant}: Target, scope: Scope): string {
  const enabled = images.find(({enable}) => enable)
  const base = service ?? enabled?.repository.name.split('/').pop() ?? 'image'
  const isNamed = service === undefined && enabled !== undefined && namesVariant(enabled, variant)
  if (variant.name !== '') return slugOf(isNamed ? base : `${base}-${variant.name}`)
  const [prefix, suffix] = [flavor.prefix, flavor.suffix].map(({template}) =>
    renderTemplate(template, scope).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
  )
  return slugOf([prefix, base, suffix].filter(Boolean).join('-'))
}

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
