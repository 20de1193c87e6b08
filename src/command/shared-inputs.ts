import {duration, flag, json, list, text} from './input.js'
import {type Repository, parseRepository} from '../oci/reference.js'
import {parsePlan} from '../contracts/plan-document.js'
import {parseRelease} from '../contracts/release-document.js'
import {CONFIG_FILE} from './config-place.js'

/** Inputs that several commands share: a name means the same everywhere. */

export const config = text({
  summary: `A file that holds these settings, as a map; an input overrides the file. Default: ${CONFIG_FILE}, if it exists.`,
  placeholder: 'PATH'
})

export const plan = json(
  {summary: 'The plan that compute-tags made: its JSON, or a file that holds it.', placeholder: 'JSON|FILE'},
  parsePlan
)

export const releaseInput = json(
  {
    summary: 'What merge-manifest gave out as release: its JSON, or a file that holds it.',
    placeholder: 'JSON|FILE'
  },
  parseRelease
)

export const images = list(
  {
    summary: 'Repositories, for use without a plan, for example ghcr.io/owner/image.',
    placeholder: 'REPOSITORY'
  },
  parseInAnyCase
)

export const dryRun = flag({summary: 'Check and show everything, change nothing.'})

export const wait = duration({
  summary:
    'How long to wait for what a registry does not show yet, such as an image or a tag that was written a moment ago; 0 asks once.',
  default: '10s'
})

export const minAge = duration({
  summary:
    'How long something must have been there before it is deleted. What nobody can tell that of is kept.',
  default: '24h'
})

/** `${{ github.repository }}` has the capitals of its owner: they are made small, as compute-tags does it. */
function parseInAnyCase(text: string): Repository {
  return parseRepository(text.toLowerCase())
}
