import {DefaultArtifactClient} from '@actions/artifact'
import {withPrivateFolder} from '../shared/temp-folder.js'
import {type Documents, MAX_DOCUMENT} from '../host/documents.js'
import {downloadFiles, uploadFiles} from './artifact-files.js'
import {artifactFailure, isTaken} from './artifact-upload.js'

/**
 * Documents as artifacts of the workflow run. One that is there is not uploaded again: another attempt, or another job,
 * made the same.
 * @throws ReleaseError ARTIFACT_FAILED, SERVER_UNSUPPORTED, RECORD_INVALID for one that is too large
 */
export function openArtifactDocuments(temp: string | undefined): Documents {
  const client = new DefaultArtifactClient()
  return {
    async save(name, files) {
      try {
        await withPrivateFolder(async folder => await uploadFiles(client, {name, files, folder}), temp)
      } catch (cause) {
        if (!isTaken(cause)) throw artifactFailure(`artifact ${name} cannot be uploaded`, cause)
      }
    },
    async load(name) {
      const bounds = {archive: MAX_DOCUMENT, file: MAX_DOCUMENT}
      const files = await withPrivateFolder(
        async folder => await downloadFiles(client, {name, folder, bounds}),
        temp
      )
      return files?.map(({name: file, bytes}) => ({name: file, text: Buffer.from(bytes).toString('utf8')}))
    }
  }
}
