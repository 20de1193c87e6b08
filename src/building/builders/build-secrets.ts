import {mkdirSync, rmSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {type InputIssue, InputError, messageOf} from '../../errors.js'
import {readForeignFileSync} from '../../shared/foreign-file.js'
import {type BuildSecret, secretTitle} from '../inputs/build-secret.js'
import {maskForms} from '../../command/mask-forms.js'
import type {Ports} from '../../ports.js'
import type {BuildRequest} from './builder.js'

/** How a builder finds one secret: `--secret id=…,src=…` or `…,env=…`. The value is in no argument. */
export interface SecretPlace {
  readonly id: string
  readonly from: {readonly file: string} | {readonly variable: string}
}

/** BuildKit refuses secrets that are larger (solver/llbsolver, MaxSecretSize). */
const MAX_SECRET_SIZE = 500 * 1024

/** The secrets that a build gets, found before it begins. */
export interface FoundSecrets {
  readonly secrets: readonly BuildSecret[]
  /** Texts that no log may show. */
  readonly hidden: readonly string[]
  /** What is left out, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * Makes sure that every secret can be had, before anything is built. One that is empty is left out: a run of a fork has none,
 * and `RUN --mount=type=secret` finds no file then, or fails where it says `required`.
 * @throws InputError that names each variable and file that is not there
 */
export function findSecrets(
  secrets: readonly BuildSecret[],
  environment: Ports['environment']
): FoundSecrets {
  const issues: InputIssue[] = []
  const notes: string[] = []
  const hidden: string[] = []
  const usable = secrets.filter(secret => {
    const value = valueOf(secret, environment, issues)
    const isEmpty = value === '' && secret.source.kind !== 'file'
    if (isEmpty)
      notes.push(
        `The secret ${secretTitle(secret.id)} is empty and left out: runs of forks and of Dependabot have no secrets, and a secret that is not set is empty.`
      )
    if (value !== undefined) hidden.push(...maskForms(value))
    return !isEmpty
  })
  if (issues.length > 0) throw new InputError(issues)
  return {secrets: usable, hidden, notes}
}

/** Undefined where it cannot be had. */
function valueOf(
  {id, source}: BuildSecret,
  environment: Ports['environment'],
  issues: InputIssue[]
): string | undefined {
  if (source.kind === 'value') return source.value
  if (source.kind === 'variable') {
    const value = environment(source.name)
    if (value === undefined)
      issues.push({input: 'secret-envs', message: `${id}: the variable ${source.name} is not set`})
    return value
  }
  const size = statSync(source.file, {throwIfNoEntry: false})?.size
  if (size === undefined) issues.push(fileFault(id, `there is no file ${JSON.stringify(source.file)}`))
  if (size === undefined || size > MAX_SECRET_SIZE) return undefined
  try {
    return readForeignFileSync(source.file, MAX_SECRET_SIZE).toString('utf8')
  } catch (error) {
    issues.push(fileFault(id, `${JSON.stringify(source.file)} cannot be read: ${messageOf(error)}`))
    return undefined
  }
}

function fileFault(id: string, fault: string): InputIssue {
  return {input: 'secret-files', message: `${id}: ${fault}`}
}

/**
 * Puts the values of secrets into files that only this user can read, for as long as a body runs. Variables and files
 * are where they are.
 */
export async function withSecrets<T>(
  secrets: readonly BuildSecret[],
  outputFolder: string,
  body: (places: readonly SecretPlace[]) => Promise<T>
): Promise<T> {
  const folder = path.join(outputFolder, 'secrets')
  try {
    return await body(secrets.map((secret, at) => placeOf(secret, path.join(folder, String(at)))))
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

/** The values of `--secret`. buildah takes `env` since 1.23, buildx since 0.6. */
export function secretFlags(places: readonly SecretPlace[]): string[] {
  return places.flatMap(({id, from}) => [
    '--secret',
    'file' in from ? `id=${id},src=${from.file}` : `id=${id},env=${from.variable}`
  ])
}

function placeOf({id, source}: BuildSecret, file: string): SecretPlace {
  if (source.kind === 'variable') return {id, from: {variable: source.name}}
  if (source.kind === 'file') return {id, from: {file: source.file}}
  mkdirSync(path.dirname(file), {recursive: true, mode: 0o700})
  writeFileSync(file, source.value, {mode: 0o600})
  return {id, from: {file}}
}

/** The variables of this process that the builder reads by itself: those of secrets, and of arguments without a value. */
export function passedVariables({
  secrets = [],
  buildArgs
}: Pick<BuildRequest, 'secrets' | 'buildArgs'>): string[] {
  const ofSecrets = secrets.flatMap(({source}) => (source.kind === 'variable' ? [source.name] : []))
  return [...ofSecrets, ...buildArgs.filter(line => !line.includes('='))]
}
