import {mkdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {type InputIssue, InputError} from '../errors.js'
import type {BuildSecret} from '../inputs/build-secret.js'
import type {Ports} from '../ports.js'

/** How a builder finds one secret: `--secret id=…,src=…` or `…,env=…`. The value is in no argument. */
export interface SecretPlace {
  readonly id: string
  readonly from: {readonly file: string} | {readonly variable: string}
}

/** BuildKit refuses secrets that are larger (solver/llbsolver, MaxSecretSize). */
const MAX_SECRET_SIZE = 500 * 1024

/** Shorter ones stand in every other line of a log. */
const SHORTEST_HIDDEN = 4

/**
 * Makes sure that every secret can be had, before anything is built.
 * @returns the texts that no log may show
 * @throws InputError that names each variable and file that is not there
 */
export function checkSecrets(
  secrets: readonly BuildSecret[],
  environment: Ports['environment']
): readonly string[] {
  const issues: InputIssue[] = []
  const values = secrets.map(({id, source}) => {
    if (source.kind === 'value') return source.value
    if (source.kind === 'variable') {
      const value = environment(source.name)
      if (value === undefined)
        issues.push({input: 'secret-envs', message: `${id}: the variable ${source.name} is not set`})
      return value ?? ''
    }
    const size = statSync(source.file, {throwIfNoEntry: false})?.size
    if (size === undefined)
      issues.push({input: 'secret-files', message: `${id}: there is no file ${JSON.stringify(source.file)}`})
    return size === undefined || size > MAX_SECRET_SIZE ? '' : readFileSync(source.file, 'utf8')
  })
  if (issues.length > 0) throw new InputError(issues)
  return values.flatMap(hiddenTexts)
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

/** The whole and every line of it: a log has lines. */
function hiddenTexts(value: string): string[] {
  return [value, ...value.split(/\r?\n/)]
    .map(text => text.trim())
    .filter(text => text.length >= SHORTEST_HIDDEN)
}
