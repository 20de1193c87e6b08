import {RegistryError} from '../../errors.js'
import type {RepositoryClient} from '../client/repository-client.js'
import {isTransientStatus} from '../client/retry.js'
import type {UploadBody} from './upload-body.js'

/** An upload that a registry has begun: where its bytes go on to, and how many are there. */
export interface UploadSession {
  readonly location: string
  /** Bytes. */
  readonly offset: number
}

/**
 * Asks how far an upload came before its connection broke (distribution-spec, "Pushing a blob in chunks").
 * @returns undefined where the registry does not say, or nothing of it is left: distribution 2.8 gives up an upload
 * whose connection broke, 3 keeps what arrived (seen 2026-11)
 */
export async function findSession(
  client: RepositoryClient,
  location: string
): Promise<UploadSession | undefined> {
  const answer = await answerOrNothing(() =>
    client.callOnce({method: 'GET', path: location, expect: [204]}).then(({headers}) => headers)
  )
  const last = Number(/(\d+)$/.exec(answer?.['range'] ?? '')?.[1] ?? 0)
  // An upload of nothing and one of a single byte look alike: both are 0-0.
  if (answer === undefined || last === 0) return undefined
  return {location: await nextLocation(client, answer, location), offset: last + 1}
}

/**
 * Sends the rest of an upload as one chunk, the last one: `OCI-Chunk-Min-Length` holds for all but that.
 * @returns where the upload is to be ended; undefined where the registry takes no chunk there
 */
export async function sendRest(
  client: RepositoryClient,
  {location, offset}: UploadSession,
  body: UploadBody
): Promise<string | undefined> {
  if (body.size === 0) return location
  const answer = await answerOrNothing(() =>
    client.callOnce({
      method: 'PATCH',
      path: location,
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `${offset}-${offset + body.size - 1}`
      },
      body,
      // ECR answers 201 to a chunk, and knows nothing of it afterwards (seen by regclient, 2024).
      expect: [202]
    })
  )
  return answer && (await nextLocation(client, answer.headers, location))
}

/** A refusal is an answer: then the upload begins anew. What may pass is tried again, with the session. */
async function answerOrNothing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof RegistryError && !isTransientStatus(error.status)) return undefined
    throw error
  }
}

async function nextLocation(
  client: RepositoryClient,
  headers: Readonly<Record<string, string>>,
  otherwise: string
): Promise<string> {
  const {location} = headers
  return location === undefined ? otherwise : await client.resolve(location)
}
