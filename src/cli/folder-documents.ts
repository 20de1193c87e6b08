import {type Documents, MAX_DOCUMENT} from '../host/documents.js'
import {openFolderArtifacts} from './folder-artifacts.js'

/**
 * Documents as files, in a folder for each name beside the records.
 * @throws ReleaseError ARTIFACT_FAILED where they cannot be written; RECORD_INVALID for what cannot be read
 */
export function openFolderDocuments(root: string): Documents {
  const kept = openFolderArtifacts(root, MAX_DOCUMENT)
  return {
    async save(name, files) {
      await kept.save(name, files)
    },
    async load(name) {
      const files = await kept.load(name)
      return files?.map(file => ({name: file.name, text: Buffer.from(file.bytes).toString('utf8')}))
    }
  }
}
