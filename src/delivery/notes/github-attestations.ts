import type {Digest} from '../../oci/digest.js'
import {type SignedStatement, readBundle} from '../../signing/sigstore-bundle.js'
import type {GithubApi} from '../../ports.js'
import {fieldOf} from '../../github/github-answer.js'
import {REST} from '../../github/rest-paths.js'

/** An attestation of an image that GitHub keeps. */
export interface GithubAttestation extends SignedStatement {
  readonly kind: 'attestation'
  readonly isOnGithub: true
}

/**
 * Asks GitHub for the attestations of a digest (REST API, "List attestations"). None where GitHub has none, or does not
 * say so to this token: notes are no worse for a line less.
 */
export async function findGithubAttestations(
  api: GithubApi,
  repository: string,
  digest: Digest
): Promise<GithubAttestation[]> {
  const path = REST.attestations(repository, digest)
  const {status, body} = await api({method: 'GET', path})
  const found = status === 200 ? fieldOf(body, 'attestations') : undefined
  if (!Array.isArray(found)) return []
  return found.flatMap((entry: unknown) => {
    const bundle = fieldOf(entry, 'bundle')
    const statement = readBundle(Buffer.from(JSON.stringify(bundle ?? {})))
    return [
      {signer: undefined, predicateType: undefined, ...statement, kind: 'attestation', isOnGithub: true}
    ] as const
  })
}
