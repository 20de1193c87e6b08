import type {VersionOf} from './manifests/place-decision.js'
import {messageOf} from '../errors.js'
import {parseDigest} from '../oci/digest.js'
import {formatRepository} from '../oci/reference.js'
import type {Ports} from '../ports.js'
import {imageFacts} from '../publishing/move/current-tags.js'
import {type RegistryInputs, openRegistries} from '../registry/open-registries.js'

/**
 * Asks a registry for the version that an image names, for manifests that name it by its digest alone. A registry that
 * does not answer, or has no such image, leaves it unknown: what is released is deployed then.
 */
export function askVersions(given: RegistryInputs, ports: Ports): VersionOf {
  const registries = openRegistries(given, ports, {tries: 1})
  const known = new Map<string, Promise<string | undefined>>()
  const ask: VersionOf = async (repository, digest) => {
    try {
      const client = registries.repository(repository, 'pull')
      const manifest = await client.findManifest(parseDigest(digest))
      const facts = manifest && (await imageFacts(client, manifest))
      return facts?.version ?? facts?.named
    } catch (error) {
      ports.reporter.warning(
        `${formatRepository(repository)}@${digest}: its version is not known, so that it cannot be compared: ${messageOf(error)}`
      )
      return undefined
    }
  }
  return async (repository, digest) => {
    const key = `${formatRepository(repository)}@${digest}`
    const answer = known.get(key) ?? ask(repository, digest)
    known.set(key, answer)
    return await answer
  }
}
