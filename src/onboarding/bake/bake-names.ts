import path from 'node:path'
import {isOpen, splitList} from '../expression-text.js'
import type {FoundFile} from '../found-file.js'
import {type Step, readWorkflow} from '../workflow-model.js'

export const BAKE = 'docker/bake-action'

/** The files that bake reads where none is named, in its order (docs.docker.com, "File lookup order"). */
export const COMPOSE_DEFAULTS: readonly string[] = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml'
]
export const BAKE_DEFAULTS: readonly string[] = [
  'docker-bake.json',
  'docker-bake.hcl',
  'docker-bake.override.json',
  'docker-bake.override.hcl'
]

/** The files that steps of docker/bake-action in these workflows may read. */
export function bakeFiles(workflows: readonly FoundFile[]): string[] {
  const steps = workflows
    .filter(({text}) => text.includes('bake-action'))
    .flatMap(found => readWorkflow(found)?.jobs ?? [])
    .flatMap(job => job.steps.filter(({action}) => action === BAKE))
  return steps.flatMap(step => {
    const named = namedBakeFiles(step).filter(file => !isOpen(file))
    return [...named, ...BAKE_DEFAULTS, ...COMPOSE_DEFAULTS].map(file => inBakeFolder(step, file))
  })
}

/** The files that a step names, from the folder that it bakes in. */
export function namedBakeFiles({with: given}: Step): string[] {
  return splitList(given['files'] ?? '').map(file => file.replace(/^cwd:\/\//, ''))
}

/** A path below the folder that a step bakes in. */
export function inBakeFolder({with: given}: Step, file: string): string {
  return path.posix.join(given['workdir'] ?? '.', file)
}
