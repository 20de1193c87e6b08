import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import {ReleaseError, messageOf, systemCodeOf} from '../errors.js'

/** The variables that lead to a user's own configuration. */
type Variables = Readonly<Record<string, string | undefined>>

/** What a connection to a registry trusts, and shows of itself. */
export interface RegistryCertificates {
  /** PEM of each authority, those that Node trusts among them. */
  readonly ca?: string[]
  /** PEM of the client's certificate and key, for registries that want one. */
  readonly cert?: string
  readonly key?: string
}

/**
 * Certificates for a registry as docker and podman keep them (containers-certs.d(5)): in the first folder
 * `certs.d/HOST[:PORT]` that is there, `*.crt` are authorities beside those that are trusted everywhere, `*.cert` and
 * `*.key` are what the client shows.
 * @param host `harbor.example.com`, or with its port where that is not 443
 * @returns undefined where there is no such folder
 * @throws ReleaseError CREDENTIALS_INVALID for a file that cannot be read
 */
export function registryCertificates(host: string, variables: Variables): RegistryCertificates | undefined {
  for (const folder of certificateFolders(variables)) {
    const found = path.join(folder, host)
    const files = filesIn(found)
    if (files !== undefined) return readCertificates(found, files)
  }
  return undefined
}

/** Where they may lie, the most specific first. */
function certificateFolders({HOME: home, XDG_CONFIG_HOME: given}: Variables): string[] {
  const config = given || (home && path.join(home, '.config'))
  const own = config ? [path.join(config, 'containers/certs.d'), path.join(config, 'docker/certs.d')] : []
  return [...own, '/etc/containers/certs.d', '/etc/docker/certs.d']
}

function filesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCodeOf(error) ?? '')) return undefined
    throw error
  }
}

function readCertificates(folder: string, files: readonly string[]): RegistryCertificates {
  const read = (end: string): string[] =>
    files.filter(file => file.endsWith(end)).map(file => readPart(path.join(folder, file)))
  const [authorities, [cert], [key]] = [read('.crt'), read('.cert'), read('.key')]
  return {
    ...(authorities.length === 0 ? {} : {ca: [...trustedEverywhere(), ...authorities]}),
    ...(cert === undefined || key === undefined ? {} : {cert, key})
  }
}

/** Node 20 does not say which authorities NODE_EXTRA_CA_CERTS adds: there they are those that it brings itself. */
function trustedEverywhere(): readonly string[] {
  return Reflect.has(tls, 'getCACertificates') ? tls.getCACertificates('default') : tls.rootCertificates
}

function readPart(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ReleaseError('CREDENTIALS_INVALID', `${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
      hint: 'Let this user read the certificates of the registry, or take the file away.'
    })
  }
}
