import {findBrokenTags} from './execute/post-check.js'
import type {PlannedRepository} from './repository-cleanup.js'
import {ReleaseError} from '../errors.js'
import {formatReference} from '../oci/reference.js'
import type {Ports} from '../ports.js'

/**
 * Reads every tag through all its parts, and deletes nothing.
 * @throws ReleaseError VERIFY_FAILED, with every tag that is broken and what it lacks
 */
export async function validate(planned: readonly PlannedRepository[], {reporter}: Ports) {
  const faults: string[] = []
  for (const one of planned) {
    const {name, repository} = one.client
    const {broken, tags} = await findBrokenTags(one)
    reporter.info(`${name}: ${tags} tags read, ${broken.size === 0 ? 'all whole' : `${broken.size} broken`}`)
    for (const [tag, missing] of broken)
      faults.push(`${formatReference(repository, tag)} reaches what is not there: ${missing.join(', ')}`)
  }
  const report = JSON.stringify({validated: planned.map(({client}) => client.name), faults})
  const outputs = {deleted: '', kept: '', report, 'report-file': '', 'plan-hash': '', undeleted: ''}
  if (faults.length === 0) return outputs
  throw new ReleaseError('VERIFY_FAILED', faults.join('; '), {
    outputs,
    hint: 'Publish these versions again, bring their parts back with restore where the host can, or delete them by ghost-images, partial-images or delete-tags.'
  })
}
