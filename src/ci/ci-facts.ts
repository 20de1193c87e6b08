import {InputError} from '../errors.js'
import type {Ports} from '../ports.js'
import {withoutUndefined} from '../shared/omit-undefined.js'

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What asking Git needs. */
export type GitPorts = Pick<Ports, 'exec' | 'clock'>

/** A variable that says something: CI systems set some to nothing. */
export function said(environment: Environment, name: string): string | undefined {
  return environment[name] || undefined
}

/** A commit in full; undefined for what stands in for none, such as zeros. */
export function commitIn(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{40}$/.test(text) && !/^0+$/.test(text) ? text : undefined
}

/** The source repository by its address, which is given out without name, password and `.git`. */
export function sourceOf(address: string | undefined, fullName: string | undefined) {
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined
  const isWeb = url !== undefined && /^https?:$/.test(url.protocol)
  const path = url?.pathname.replace(/^\/+|(?:\.git)?\/*$/g, '')
  return withoutUndefined({
    fullName: fullName ?? path ?? '',
    url: isWeb ? `${url.origin}/${path ?? ''}` : undefined
  })
}

/** @throws InputError with every variable of a CI system that is not set though it says it is that system */
export function assertSet(environment: Environment, names: readonly string[], system: string): void {
  const missing = names.filter(name => said(environment, name) === undefined)
  if (missing.length === 0) return
  throw new InputError(missing.map(input => ({input, message: `is not set, as ${system} sets it`})))
}
