import {slugOf} from '../../contracts/record-name.js'
import {bindBuild, bindFlavor, bindRule} from './target-expansion.js'
import type {Flavor} from '../rules/flavor.js'
import {type ImageName, bindImage} from './image-names.js'
import type {TagRule} from '../rules/rule.js'
import {type BuildTemplates, type Service, mergeBuild} from './service.js'
import type {Scope} from '../../ci/run-facts.js'
import {type Template, bindTemplate, renderTemplate, valuesIn} from '../rules/template.js'
import type {Variant} from './variant.js'

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
  const isPlain = services.length === 0 && variants.every(({values}) => values.size === 0)
  if (isPlain) return {...common, service: undefined, variant}
  const values = new Map([
    ...variant.values,
    ['variant', variant.name],
    ['service', service?.name ?? ''],
    ['is_default_variant', String(variant.isDefault)],
    ['is_not_default_variant', String(!variant.isDefault)]
  ])
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
