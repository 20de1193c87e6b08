import {writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {DefaultArtifactClient} from '@actions/artifact'
import {ReleaseError, messageOf} from '../errors.js'
import type {Journal} from '../ports.js'
import {withPrivateFolder} from '../shared/temp-folder.js'
import {MAX_JOURNAL, journalStem} from '../host/journal-file.js'
import {downloadFiles} from './artifact-files.js'
import {isTaken} from './artifact-upload.js'

/** As long as GitHub keeps artifacts if nobody says otherwise: a release may have to be rolled back weeks later. */
const RETENTION_DAYS = 90
/** How many releases one attempt of a run may make. */
const MAX_JOURNALS = 50
const BOUNDS = {archive: MAX_JOURNAL, file: MAX_JOURNAL}

/**
 * Journals as artifacts of the workflow run, `release-journal-1` for its first attempt; a second release of the same
 * attempt is `release-journal-1-2`, and replaces nothing.
 * @throws ReleaseError ARTIFACT_FAILED where the service does not take it
 */
export function openArtifactJournal(attempt: string, temp = os.tmpdir()): Journal {
  const client = new DefaultArtifactClient()
  return {
    find: async name => await findJournals(client, fileOf(name), temp),
    save: async (name, text) => {
      try {
        return await withPrivateFolder(async folder => {
          const file = path.join(folder, fileOf(name))
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

function fileOf(name: string): string {
  return `${journalStem(name)}.json`
}

/** Those of all attempts; what is not there or cannot be read is none. */
async function findJournals(client: DefaultArtifactClient, file: string, temp: string): Promise<string[]> {
  try {
    const names = (await client.listArtifacts({latest: true})).artifacts.map(({name}) => name)
    const found: string[] = []
    for (const name of names.filter(one => /^release-journal-\d+(?:-\d+)?$/.test(one))) {
      const files = await withPrivateFolder(
        async folder => await downloadFiles(client, {name, folder, bounds: BOUNDS}),
        temp
      )
      const bytes = files?.find(one => one.name === file)?.bytes
      if (bytes !== undefined) found.push(Buffer.from(bytes).toString('utf8'))
    }
    return found
  } catch {
    return []
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
