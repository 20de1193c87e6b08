import {existsSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {ownHome} from '../../shared/own-home.js'
import {readForeignFileSync} from '../../shared/foreign-file.js'
import type {BuildRequest} from './builder.js'

/** Bytes of the machine's configuration, which has some hundred lines. */
const MAX_CONF = 1024 * 1024

/** A loopback registry, in front of an image's name or alone, as an argument may hold it. */
const LOOPBACK = /(?<![\w.-])(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?=[/\s"'}]|$)/gm

/**
 * The registries that a build may ask over plain HTTP: all that were allowed, for a base image may come by an argument, a
 * further context or a Containerfile that is not here; and loopback addresses that are named.
 */
export function plainHttpRegistries(
  request: Pick<BuildRequest, 'buildArgs' | 'insecureRegistries' | 'cache' | 'options'>,
  containerfile: string
): string[] {
  const {from, to} = request.cache ?? {from: [], to: []}
  const contexts = (request.options?.['build-contexts'] ?? []).map(text => text.replace('=', '\n'))
  const values = request.buildArgs.map(text => text.replace('=', '\n'))
  const text = [
    containerfile.replace(/^[^\S\n]*ARG[^\S\n]+\w+=/gim, '\n'),
    ...values,
    ...contexts,
    ...from,
    ...to
  ].join('\n')
  return [...new Set([...request.insecureRegistries, ...(text.match(LOOPBACK) ?? [])])]
}

/**
 * A registries.conf (containers-registries.conf(5)) that says the same as another and allows plain HTTP for some
 * registries besides. What the other says of a registry itself stays.
 */
export function formatRegistriesConf(base: string, registries: readonly string[]): string {
  const tables = registries
    .filter(registry => !base.includes(`"${registry}"`))
    .map(registry => `\n[[registry]]\nlocation = "${registry}"\ninsecure = true\n`)
  return `${base.trimEnd()}\n${tables.join('')}`
}

/**
 * Writes the configuration that podman and buildah need for base images over plain HTTP: only these registries lose
 * TLS, as `--tls-verify=false` would take it from all. Returns the variables to set; none where there is no such registry, so that the machine's own configuration stays in force.
 */
export function writeRegistriesConf(request: BuildRequest, containerfile: string): Record<string, string> {
  const registries = plainHttpRegistries(request, containerfile)
  if (registries.length === 0) return {}
  const file = path.join(request.outputFolder, 'registries.conf')
  writeFileSync(file, formatRegistriesConf(readMachineConf(), registries))
  return {CONTAINERS_REGISTRIES_CONF: file}
}

function readMachineConf(): string {
  const home = ownHome()
  const files = [
    ...(home === undefined ? [] : [path.join(home, '.config/containers/registries.conf')]),
    '/etc/containers/registries.conf'
  ]
  const found = files.find(file => existsSync(file))
  return found === undefined ? '' : readForeignFileSync(found, MAX_CONF).toString('utf8')
}
