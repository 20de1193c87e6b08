import {writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {DefaultArtifactClient} from '@actions/artifact'
import {ReleaseError, messageOf} from '../../errors.js'
import type {Journal} from '../../ports.js'
import {withPrivateFolder} from '../../private-folder.js'
import {isTaken} from './artifact-upload.js'

/** As long as GitHub keeps artifacts if nobody says otherwise: a release may have to be rolled back weeks later. */
const RETENTION_DAYS = 90
/** How many releases one attempt of a run may make. */
const MAX_JOURNALS = 50

/**
 * Journals as artifacts of the workflow run, `release-journal-1` for its first attempt; a second release of the same
 * attempt is `release-journal-1-2`, and replaces nothing.
 * @throws ReleaseError ARTIFACT_FAILED where the service does not take it
 */
export function openArtifactJournal(attempt: string, temp = os.tmpdir()): Journal {
  const client = new DefaultArtifactClient()
  return {
    save: async (name, text) => {
      try {
        return await withPrivateFolder(async folder => {
          const file = path.join(folder, `${name.replaceAll(/[^A-Za-z0-9._-]|^\.+/g, '-')}.json`)
          await writeFile(file, `${text}\n`)
          return await uploadNew(client, `release-journal-${attempt}`, file)
        }, temp)
      } catch (cause) {
        throw new ReleaseError(
          'ARTIFACT_FAILED',
          `the journal of the release cannot be uploaded as an artifact: ${messageOf(cause)}`,
          {cause}
        )
      }
    }
  }
}

async function uploadNew(client: DefaultArtifactClient, stem: string, file: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? stem : `${stem}-${number}`
    try {
      await client.uploadArtifact(name, [file], path.dirname(file), {retentionDays: RETENTION_DAYS})
      return `artifact ${name}`
    } catch (error) {
      if (!isTaken(error) || number === MAX_JOURNALS) throw error
    }
  }
}
