import path from 'node:path'
import {CONTEXT} from '../build-step.js'
import {isOpen} from '../expression-text.js'
import type {TextMap} from '../workflow-model.js'
import {objectIn} from '../../shared/json.js'
import {type BakeTarget, textsIn} from './bake-file.js'
import {HclFault} from './hcl-expression.js'
import {type Value, textOf} from './hcl-value.js'

/** How a step bakes all its targets. */
export interface Baking {
  /** The folder that contexts are relative to; undefined where they are those of the commit as Git has it. */
  readonly folder: string | undefined
  /** What `push` of the step says. */
  readonly push: string | undefined
}

/** Attributes of a target that are lists there and lines in an input of this name. */
const LINES: Readonly<Record<string, string>> = {
  'cache-from': 'cache-from',
  'cache-to': 'cache-to',
  ssh: 'ssh',
  attest: 'attests',
  ulimits: 'ulimit',
  'no-cache-filter': 'no-cache-filters',
  entitlements: 'allow',
  annotations: 'annotations'
}
/** Attributes that are a text in an input of this name. */
const TEXTS: Readonly<Record<string, string>> = {
  target: 'target',
  network: 'network',
  'shm-size': 'shm-size',
  'no-cache': 'no-cache',
  pull: 'pull'
}
const OWN = [
  'context',
  'dockerfile',
  'args',
  'labels',
  'platforms',
  'tags',
  'output',
  'contexts',
  'secret',
  'extra-hosts'
]

/**
 * A target as inputs of docker/build-push-action.
 * @returns no `push` for an image that goes nowhere
 * @throws HclFault for what that action cannot be asked for
 */
export function buildInputsOf({name, attributes}: BakeTarget, baking: Baking): TextMap {
  const odd = Object.keys(attributes).find(
    key => ![...OWN, ...Object.keys({...LINES, ...TEXTS})].includes(key)
  )
  if (odd !== undefined) throw new HclFault(`the target ${name} has ${odd}`)
  const of = (key: string): Value => attributes[key] ?? null
  const inputs: Record<string, string> = {
    ...placesOf(of, baking),
    push: pushOf(name, of('output'), baking.push),
    tags: lines(textsIn(of('tags'))),
    platforms: textsIn(of('platforms')).join(','),
    'build-args': lines(entriesOf(of('args'), '=')),
    labels: lines(entriesOf(of('labels'), '=')),
    'add-hosts': lines(entriesOf(of('extra-hosts'), ':')),
    'build-contexts': lines(contextsOf(name, of('contexts'))),
    ...secretsOf(name, of('secret'))
  }
  for (const [key, input] of Object.entries(LINES)) inputs[input] = lines(fieldsOf(of(key)))
  for (const [key, input] of Object.entries(TEXTS)) inputs[input] = textOf(of(key))
  if (/^index(?:-descriptor)?[[:]/m.test(inputs['annotations'] ?? ''))
    throw new HclFault(
      `the target ${name} annotates its index: that belongs into annotations of compute-tags`
    )
  return Object.fromEntries(Object.entries(inputs).filter(([, text]) => text !== ''))
}

function lines(items: readonly string[]): string {
  return items
    .map(item => item.trim())
    .filter(item => item !== '')
    .join('\n')
}

/** In a file of bake the Containerfile is looked for in the context; the input `file` is as seen from the step. */
function placesOf(of: (key: string) => Value, {folder}: Baking): TextMap {
  const [context, file] = [textOf(of('context')) || '.', textOf(of('dockerfile'))]
  if (/^(?:https?:|git@|ssh:|docker-image:|target:)/.test(context) || isOpen(context)) return {context, file}
  if (folder === undefined) {
    const below = path.posix.normalize(context).replace(/^\.?\/?$/, '')
    return {context: below === '' ? CONTEXT : `${CONTEXT}:${below}`, file}
  }
  const whole = path.posix.join(folder, context)
  return {context: whole, file: file === '' ? '' : path.posix.join(whole, file)}
}

function pushOf(name: string, output: Value, push: string | undefined): string {
  const outputs = fieldsOf(output)
  const places = outputs.filter(one => !/^type=(?:registry|image(?:,push=true)?|docker)$/.test(one))
  if (places.length > 0) throw new HclFault(`the target ${name} has the output ${places.join(', ')}`)
  if (push !== undefined && push.trim().toLowerCase() !== 'false') return push
  if (outputs.some(one => one === 'type=registry' || one.includes('push=true'))) return 'true'
  return ''
}

/** Names with their values; those without a value are not set. */
function entriesOf(value: Value, between: string): string[] {
  if (typeof value !== 'object' || Array.isArray(value)) return textsIn(value)
  return Object.entries(objectIn(value)).flatMap(([key, one]) => {
    const text = textOf(one as Value)
    if (one === null) return []
    return [
      /[\r\n]/.test(text) ? `"${`${key}${between}${text}`.replaceAll('"', '""')}"` : `${key}${between}${text}`
    ]
  })
}

function contextsOf(name: string, value: Value): string[] {
  const all = entriesOf(value, '=')
  const other = all.find(one => /^[^=]*=target:/.test(one))
  if (other !== undefined) throw new HclFault(`the target ${name} builds on another target (${other})`)
  return all
}

/** Lists of texts, or of maps, which say the same as `type=gha,scope=x`. */
function fieldsOf(value: Value): string[] {
  const items = Array.isArray(value) ? (value as readonly Value[]) : value === null ? [] : [value]
  return items.map(item =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.entries(objectIn(item))
          .map(([key, one]) => `${key}=${textOf(one as Value)}`)
          .map(field => (field.includes(',') ? `"${field}"` : field))
          .join(',')
      : textOf(item)
  )
}

function secretsOf(name: string, value: Value): TextMap {
  const of: Record<'secret-envs' | 'secret-files', string[]> = {'secret-envs': [], 'secret-files': []}
  for (const secret of fieldsOf(value)) {
    const fields = new Map(
      secret.split(',').map(field => [field.split('=')[0] ?? '', field.slice(field.indexOf('=') + 1)])
    )
    const [id, env, file] = [fields.get('id'), fields.get('env'), fields.get('src') ?? fields.get('source')]
    if (id === undefined) throw new HclFault(`the target ${name} has a secret without an id`)
    if (file !== undefined && fields.get('type') !== 'env') of['secret-files'].push(`${id}=${file}`)
    else of['secret-envs'].push(`${id}=${env ?? file ?? id}`)
  }
  return {'secret-envs': lines(of['secret-envs']), 'secret-files': lines(of['secret-files'])}
}
