import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {homedir} from 'node:os'
import path from 'node:path'
import type {BuildRequest} from './builder.js'

/** A loopback registry in front of an image's name. */
const LOOPBACK = /(?<![\w.-])(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?=\/)/g

/**
 * The registries that a build may ask over plain HTTP and that its Containerfile, arguments or caches name: those that were
 * allowed, and loopback addresses.
 */
export function plainHttpRegistries(
  request: Pick<BuildRequest, 'buildArgs' | 'insecureRegistries' | 'cache'>,
  containerfile: string
): string[] {
  const {from, to} = request.cache ?? {from: [], to: []}
  const text = [containerfile, ...request.buildArgs, ...from, ...to].join('\n')
  const allowed = request.insecureRegistries.filter(registry => text.includes(`${registry}/`))
  return [...new Set([...allowed, ...(text.match(LOOPBACK) ?? [])])]
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
 * TLS, as `--tls-verify=false` would take it from all. Returns the variables to set; none where no such registry is
 * named, so that the machine's own configuration stays in force.
 */
export function writeRegistriesConf(request: BuildRequest, containerfile: string): Record<string, string> {
  const registries = plainHttpRegistries(request, containerfile)
  if (registries.length === 0) return {}
  const file = path.join(request.outputFolder, 'registries.conf')
  writeFileSync(file, formatRegistriesConf(readMachineConf(), registries))
  return {CONTAINERS_REGISTRIES_CONF: file}
}

function readMachineConf(): string {
  const files = [
    path.join(homedir(), '.config/containers/registries.conf'),
    '/etc/containers/registries.conf'
  ]
  const found = files.find(file => existsSync(file))
  return found === undefined ? '' : readFileSync(found, 'utf8')
}
