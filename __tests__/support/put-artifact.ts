import {z} from 'zod'

/** Uploads bytes as an artifact of the run `run-1`, as anybody could who has the token of one of its jobs. */
export async function putArtifact(
  {ACTIONS_RESULTS_URL: base = '', ACTIONS_RUNTIME_TOKEN: token = ''}: Readonly<Record<string, string>>,
  name: string,
  archive: Uint8Array
): Promise<void> {
  const call = async (method: string, body: object): Promise<unknown> => {
    const url = `${base}twirp/github.actions.results.api.v1.ArtifactService/${method}`
    const headers = {'content-type': 'application/json', authorization: `Bearer ${token}`}
    return await (await fetch(url, {method: 'POST', headers, body: JSON.stringify(body)})).json()
  }
  const named = {workflow_run_backend_id: 'run-1', workflow_job_run_backend_id: 'job-1', name}
  const {signed_upload_url: url} = z
    .object({signed_upload_url: z.string()})
    .parse(await call('CreateArtifact', {...named, version: 7}))
  const headers = {'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/zip'}
  await fetch(url, {method: 'PUT', headers, body: Buffer.from(archive)})
  await call('FinalizeArtifact', {...named, size: String(archive.length)})
}
