import type {BakedImage} from './bake/bake-step.js'
import type {BuildTags} from './draft.js'
import {isOpen} from './expression-text.js'
import type {Step, TextMap} from './workflow-model.js'

/** A target of bake with where its tags come from. */
export interface TaggedImage extends BakedImage {
  readonly tags: BuildTags
}

const NAME = /^[a-z0-9][a-z0-9_.]*(?:-[a-z0-9_.]+)*$/
/** Settings of a service that the plan has, by the inputs of a build. */
const SETTINGS = ['context', 'file', 'target'] as const
const OF_PLAN: readonly string[] = [...SETTINGS, 'build-args', 'platforms', 'tags', 'push']

/**
 * Targets as services of one plan: all their tags move together. They need the same rules and platforms, and images that their
 * names tell apart.
 * @returns inputs of compute-tags; undefined where one plan cannot hold them
 */
export function servicesOf(images: readonly TaggedImage[]): TextMap | undefined {
  const [first] = images
  if (first === undefined || images.length < 2) return undefined
  if (images.some(({target, tags}) => tags.metadata !== undefined || !NAME.test(target))) return undefined
  const isSame = (of: (image: TaggedImage) => unknown): boolean =>
    images.every(image => JSON.stringify(of(image)) === JSON.stringify(of(first)))
  if (!isSame(({tags}) => tags.rules) || !isSame(({build}) => build.with['platforms'])) return undefined
  const templates = first.tags.images.map(image => templateOf(image, first.target))
  const fits = images.every(
    ({target, tags}) =>
      tags.images.length === templates.length &&
      templates.every((template, at) => template?.replaceAll('{{service}}', target) === tags.images[at])
  )
  if (!fits || images.some(({build}) => !isLine(build))) return undefined
  return {
    images: templates.join('\n'),
    services: images.map(serviceLine).join('\n'),
    tags: first.tags.rules.join('\n'),
    flavor: 'latest=false'
  }
}

/** The name of the target in the last part of a repository becomes a template. */
function templateOf(image: string, name: string): string | undefined {
  const at = image.lastIndexOf('/')
  const end = image.slice(at + 1)
  const isNamed =
    !isOpen(end) && new Set([...end.matchAll(/[a-z0-9_.]+(?:-[a-z0-9_.]+)*/g)].map(String)).size > 0
  return isNamed && end.includes(name)
    ? `${image.slice(0, at + 1)}${end.replace(name, '{{service}}')}`
    : undefined
}

/** A service has one line, and so has each of its settings. */
function isLine({with: given}: Step): boolean {
  return [...SETTINGS, 'build-args'].every(name => !/"\w/.test(given[name] ?? ''))
}

function serviceLine({target, build}: TaggedImage): string {
  const settings = SETTINGS.flatMap(name =>
    build.with[name] === undefined ? [] : [`${name}=${build.with[name]}`]
  )
  const args = (build.with['build-args'] ?? '').split('\n').filter(arg => arg !== '')
  const fields = [`name=${target}`, ...settings, ...args.map(arg => `build-arg=${arg}`)]
  return fields.map(field => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
}

/** The inputs of a build that the plan does not have. */
export function withoutSettings(given: TextMap): TextMap {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !OF_PLAN.includes(name)))
}
