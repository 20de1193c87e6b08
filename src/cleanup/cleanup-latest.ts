import {type PlannedRepository, assertPublished, planRepository} from './repository-cleanup.js'
import {boundedReport, cleanupReport} from './cleanup-report.js'
import {cleanupLines, cleanupSummary} from './cleanup-summary.js'
import type {CleanupOverview} from './cleanup-result.js'
import type {PlannedCache} from './policy/actions-caches.js'
import type {CleanupPlan} from './policy/cleanup-plan.js'
import {planHash, stampHash} from './policy/plan-hash.js'
import {REMAINDER_TAG} from './policy/tag-rules.js'
import {cleanupInputs} from './cleanup-inputs.js'
import {assertDone, takesNothingAway, workOff} from './execute/apply-cleanup.js'
import {assertRules, impossibleRules, unmatchedEverywhere} from './cleanup-checks.js'
import {saidOfDeletion} from './cleanup-settings.js'
import {CleanupSources} from './cleanup-sources.js'
import {type CleanupValues, type Work, workOf} from './cleanup-work.js'
import {command} from '../command/command.js'
import {assertConfirmed} from '../command/confirmation.js'
import {holdBack, isAllowedByHand, mayDelete} from './deletion-allowance.js'
import {findBrokenTags} from './execute/post-check.js'
import {ReleaseError} from '../errors.js'
import {formatReference} from '../oci/reference.js'
import type {Ports} from '../ports.js'

/** Deletes what a release superseded and what the policies name, and nothing that a tag which stays can reach. */
export const cleanupLatest = command({
  name: 'cleanup-latest',
  summary: 'Delete what a verified release superseded, and nothing that any tag can still reach.',
  description:
    'Takes the digests that tags such as latest pointed at before, and deletes those that no tag reaches any more, with their platforms, attestations and signatures. Further inputs name older versions, tags by pattern and age, tags of closed pull requests, caches, and what has no tag. What is too young, what cannot be read, and what anything kept refers to stays; so does the newest version. Everything is read and planned before the first deletion, and every tag that stays is looked at again after the last. Run it after verify-release.',
  settings: 'section',
  isTimed: true,
  inputs: cleanupInputs,
  outputs: {
    deleted: 'One REPOSITORY@DIGEST a line, for everything that was deleted.',
    kept: 'One REPOSITORY@DIGEST a line, for everything that was chosen to go but stays.',
    report:
      'JSON: the plan of each repository, with tags, time, size and a reason for each digest; only counts where that is too long for an output.',
    'report-file': 'The path of a file with the whole report.',
    'plan-hash': 'What goes, as a hash: give it to a later run as expected-plan.',
    undeleted: 'One REPOSITORY@DIGEST or REPOSITORY:TAG a line, for everything that the host does not delete.'
  },
  lists: ['deleted', 'kept', 'undeleted'],
  examples: [
    {line: 'image-release cleanup-latest --release release.json --dry-run', remark: 'Show what would go'},
    {
      line: 'image-release cleanup-latest --release release.json --min-age 7d',
      remark: 'Delete what is older than a week'
    },
    {
      line: 'image-release cleanup-latest --images ghcr.io/o/app --keep-versions 10 --keep-patches 1 --untagged',
      remark: 'Keep ten versions and the newest of each line, and nothing untagged'
    },
    {
      line: 'image-release cleanup-latest --images ghcr.io/o/app --pull-request-tags pr-{number} --delete-tags "glob:nightly-*" --older-than 30d',
      remark: 'Drop closed pull requests, and nightly builds of a month ago'
    },
    {
      line: 'image-release cleanup-latest --images ghcr.io/o/app --restore ghcr.io/o/app@sha256:…',
      remark: 'Bring back what was deleted on GHCR'
    }
  ],
  async run(given, ports) {
    const sources = new CleanupSources(given, ports)
    if (given.restore.length > 0) {
      const idle = saidOfDeletion(given)
      if (idle.length > 0)
        ports.reporter.notice(`restore deletes nothing: nothing is done by ${idle.join(', ')}`)
      return await sources.restore(given.restore)
    }
    assertRules(given)
    const work = workOf({...given, images: [...given.images, ...(await sources.packages())]})
    const planned = await Promise.all(work.map(async one => await planWork(one, sources)))
    if (given.validate) return await validate(planned, ports)
    for (const fault of impossibleRules(planned, given)) ports.reporter.warning(fault)
    const caches = await sources.planCaches()
    const unmatched = unmatchedEverywhere(planned, given.strict)
    const overview = overviewOf(planned, {caches, unmatched, given, ports})
    const plans = planned.map(({client, plan}) => ({image: client.name, plan}))
    const hash = stampHash(planHash(plans, caches), sources.now)
    for (const one of planned) sources.warnOfReading(one)
    if (given['dry-run']) return await conclude(overview, hash, ports)
    const isIdle = caches.length === 0 && planned.every(({plan}) => takesNothingAway(plan))
    const isTold = mayDelete(given)
    if (!isIdle && !isTold && !(await isAllowedByHand(ports, deletionLines(overview)))) {
      await holdBack(planned, ports)
      return await conclude({...overview, isDry: true, isHeldBack: true}, hash, ports)
    }
    assertWithinLimits(overview, hash, given)
    if (!isIdle && isTold) await assertConfirmed(ports, 'Delete this?', deletionLines(overview))
    const done = await workOff(planned, {caches, sources, ports})
    const outputs = await conclude({...overview, views: done.views, caches: done.caches}, hash, ports)
    assertDone(done, outputs)
    return outputs
  }
})

async function planWork(work: Work, sources: CleanupSources): Promise<PlannedRepository> {
  const task = await sources.task(work)
  if (work.superseded.length > 0)
    for (const digest of work.published) await assertPublished(task.client, digest)
  return await planRepository(task)
}

/** What is asked about: how much goes where. */
function deletionLines({views, caches}: CleanupOverview): string[] {
  const manifests = views.map(({image, plan}) => `${image}: ${plan.waves.flat().length} manifests`)
  return caches.length === 0 ? manifests : [...manifests, `${caches.length} caches of Actions`]
}

interface OverviewParts {
  readonly caches: readonly PlannedCache[]
  readonly unmatched: readonly string[]
  readonly given: CleanupValues
  readonly ports: Ports
}

function overviewOf(
  planned: readonly PlannedRepository[],
  {caches, unmatched, given, ports}: OverviewParts
): CleanupOverview {
  const views = planned.map(({client, plan, capabilities}) => ({
    image: client.name,
    plan,
    undeleted: [],
    refusal: takesNothingAway(plan) ? undefined : capabilities.refusal?.reason
  }))
  return {views, caches, unmatched, isDry: given['dry-run'], now: ports.clock.now()}
}

/**
 * @throws ReleaseError INVENTORY_CHANGED where it is another plan than was expected; CLEANUP_REFUSED where more would
 * go than is allowed
 */
function assertWithinLimits(overview: CleanupOverview, hash: string, given: CleanupValues): void {
  const outputs = () => ({report: boundedReport(overview), 'plan-hash': hash})
  const {'expected-plan': expected, force} = given
  if (expected !== undefined && expected.text !== hash)
    throw new ReleaseError('INVENTORY_CHANGED', `the plan is now ${hash}, not ${expected.text}`, {
      outputs: outputs(),
      hint: `Nothing was deleted. ${otherPlanHint(overview)}`
    })
  const count = overview.views.reduce((sum, {plan}) => sum + plan.waves.flat().length, 0)
  const most = given['max-delete']
  const isTooMuch = most > 0 && count > most
  const excess = [
    ...overview.views.flatMap(({image, plan}) =>
      plan.excess === undefined ? [] : [`${image}: ${plan.excess}`]
    ),
    ...(isTooMuch ? [`${count} manifests would go, more than the ${most} of max-delete`] : [])
  ]
  if (excess.length === 0 || force) return
  throw new ReleaseError('CLEANUP_REFUSED', excess.join('; '), {
    outputs: outputs(),
    hint: 'Nothing was deleted. Look at it with dry-run; allow it with force, or by max-delete and max-share.'
  })
}

function otherPlanHint({views}: CleanupOverview): string {
  const isStopped = views.some(({plan}) =>
    plan.waves.flat().some(({tags}) => tags.some(tag => REMAINDER_TAG.test(tag)))
  )
  const next = 'Make a new dry run, look at it, and give its plan-hash as expected-plan.'
  return isStopped
    ? `An earlier clean-up was stopped before its end, and less is left to do. ${next}`
    : `What the repositories hold changed since the dry run; or a clean-up by that plan was stopped before its end, and less is left to do. ${next}`
}

async function conclude(overview: CleanupOverview, hash: string, {reporter, saveText}: Ports) {
  const {views, isDry} = overview
  for (const line of cleanupLines(overview)) reporter.info(line)
  for (const {image, plan} of views)
    if (isDry && plan.excess !== undefined) reporter.warning(`${image}: ${plan.excess}: it needs force`)
  reporter.summary(cleanupSummary(overview))
  const lines = (choose: (plan: CleanupPlan) => CleanupPlan['kept']): string =>
    views.flatMap(({image, plan}) => choose(plan).map(({digest}) => `${image}@${digest}`)).join('\n')
  const report = cleanupReport(overview)
  return {
    deleted: isDry ? '' : lines(plan => plan.waves.flat()),
    kept: lines(plan => plan.kept),
    report: boundedReport(overview, report),
    'report-file': await saveText('cleanup-report.json', report),
    'plan-hash': hash,
    undeleted: views
      .flatMap(({image, undeleted}) =>
        undeleted.map(({what}) => `${image}${what.startsWith('sha256:') ? '@' : ':'}${what}`)
      )
      .join('\n')
  }
}

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
      faults.push(
        missing.length === 0
          ? `${formatReference(repository, tag)} is listed, but there is nothing at it`
          : `${formatReference(repository, tag)} reaches what is not there: ${missing.join(', ')}`
      )
  }
  const report = JSON.stringify({validated: planned.map(({client}) => client.name), faults})
  const outputs = {deleted: '', kept: '', report, 'report-file': '', 'plan-hash': '', undeleted: ''}
  if (faults.length === 0) return outputs
  throw new ReleaseError('VERIFY_FAILED', faults.join('; '), {
    outputs,
    hint: 'Publish these versions again, bring their parts back with restore where the host can, or delete them by ghost-images, partial-images or delete-tags.'
  })
}
