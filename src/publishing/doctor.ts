import {messageOf} from '../errors.js'
import {json, required} from '../command/input.js'
import {parseReference} from '../oci/reference.js'
import {type JournalTag, parseJournal} from '../contracts/journal-document.js'
import type {Registries} from '../registry/client/registries.js'
import {type FoundNow, adviceFor, diagnoseTag, stateOf} from './decide/diagnosis.js'
import {diagnosisSummary, diagnosisText} from './report/diagnosis-text.js'
import {type Patience, patienceOf} from '../registry/client/patience.js'
import {readTag} from './move/tag-reading.js'
import {command} from '../command/command.js'
import {openRegistries} from '../registry/open-registries.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {wait} from '../command/shared-inputs.js'

const inputs = {
  journal: required(
    json(
      {
        summary:
          'The journal of the release that failed: what merge-manifest kept as .image-release/journal/VERSION.json or as the artifact release-journal-1, its JSON, or a file that holds it.',
        placeholder: 'JSON|FILE'
      },
      parseJournal
    )
  ),
  wait,
  insecure,
  'registry-credentials': registryCredentials
}

/** Says how a release stands that failed. */
export const doctor = command({
  name: 'doctor',
  summary: 'Explain a release that failed, from its journal and what the registries have now.',
  description:
    'Reads what stands at every tag of the journal now, and says what moved, what did not, what somebody else moved since, and what to run: finish the release, or take it back. Nothing is written.',
  inputs,
  prints: 'diagnosis',
  outputs: {
    diagnosis: 'The verdict, every tag, and what to run.',
    state: 'whole, untouched, half, rolled-back, overtaken or unknown.',
    tags: 'JSON: each tag with its state, and what stood there, was to stand there and stands there now.'
  },
  examples: [
    {
      line: 'image-release doctor --journal .image-release/journal/1.3.0.json',
      remark: 'What became of the release of 1.3.0?'
    },
    {
      line: 'image-release doctor --journal journal.json --output state',
      remark: 'For a script: one word'
    }
  ],
  async run(given, ports) {
    const {journal} = given
    const registries = openRegistries(given, ports)
    const patience = patienceOf(given, ports)
    const tags = await Promise.all(
      journal.tags.map(async tag => diagnoseTag(tag, await standsNow(tag, registries, patience)))
    )
    const state = stateOf(tags)
    const advice = adviceFor(state, tags)
    const diagnosis = {state, version: journal.version, tags, advice}
    ports.reporter.summary(diagnosisSummary(diagnosis))
    return {diagnosis: diagnosisText(diagnosis), state, tags: JSON.stringify(tags)}
  }
})

/** A registry that does not answer is a finding, not a failure. */
async function standsNow(
  {reference, after}: JournalTag,
  registries: Registries,
  patience: Patience
): Promise<FoundNow> {
  try {
    const {repository, tag} = parseReference(reference)
    if (tag === undefined) return {fault: 'the journal names no tag here'}
    const client = registries.repository(repository, 'pull')
    return {digest: await readTag({client, tag}, after.digest, patience)}
  } catch (error) {
    return {fault: messageOf(error)}
  }
}
