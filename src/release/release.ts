import {formatPlatform} from '../oci/platform.js'
import type {Plan} from '../contracts/plan.js'
import {parsePlan} from '../contracts/plan-document.js'
import {parseRelease} from '../contracts/release-document.js'
import {type ReleaseResult, releaseTitle, releaseResultJson, resultText} from './release-summary.js'
import type {Ports} from '../ports.js'
import {command} from '../command/command.js'
import {computeTags} from '../planning/compute-tags.js'
import {type TargetBuild, buildTargets, checkPushes, prepareBuilds} from './build-targets.js'
import {showDryRun} from './dry-run.js'
import {withSettings} from './first-settings.js'
import {type FinishedRelease, finishRelease} from './finish-release.js'
import {type ReleaseValues, releaseInputs} from './release-inputs.js'
import {askFirst, checkRights} from './release-checks.js'
import {ReleaseSteps} from './release-steps.js'
import {type StepInputs, readStepInputs} from './step-inputs.js'

const outputs = {
  result: 'What was released, to read and to copy; with json, the same as one JSON document.',
  version: 'The version that is released; empty where the event releases none.',
  push: 'true where the run publishes, else false.',
  plan: 'The plan that every step followed, as JSON.',
  digest:
    'The digest of the index; of the first image where there are several. Empty where nothing was published.',
  digests: 'JSON: the digest of the index for each target.',
  images: 'One REPOSITORY@DIGEST a line.',
  tags: 'One REPOSITORY:TAG a line, for every tag that now points at this release.',
  kept: 'One REPOSITORY:TAG a line, for every tag that stayed because something newer is there.',
  superseded: 'One REPOSITORY@DIGEST a line, for everything that a tag pointed at before.',
  journal:
    'JSON: what was at each tag before the first was moved; rollback-release takes it. Empty where none had to move.',
  release: 'JSON: all of this in one document; update-manifests, promote-release and others take it.',
  'release-artifact':
    'artifact:NAME, where plan, release, journal and metrics are kept beside these outputs. Empty where nothing keeps them.',
  metrics: 'JSON: times, sizes, layers, cache hits and bytes sent of every build of this call.',
  report: 'JSON: what verify-release found at every tag.',
  notes: 'The section of the release notes, as GitHub Markdown; empty where no version is released.',
  url: 'The page of the release on GitHub; empty where the notes go nowhere else.',
  deleted: 'One REPOSITORY@DIGEST a line, for everything that was deleted.',
  'verify-commands': 'Commands that verify each signature and attestation, one a line, ready to copy.'
} as const

/** Does a whole release in one process: every step is the command of its name. */
export const release = command({
  name: 'release',
  summary: 'Do a whole release in one call: plan, check, build, merge, verify, notes and clean-up.',
  description:
    'Takes the file of settings that every other command reads, and does what compute-tags, preflight, build-by-digest, merge-manifest, verify-release, release-notes and cleanup-latest do, in one process and on one machine. All platforms are built here, side by side: natively, by the nodes of buildx, or by emulation; what cannot run here is said before anything is built. A pull request is only built. Where it fails or is killed, tags are as before or are all moved, it says which, and with resume it goes on.',
  settings: 'top',
  documents: {outputs: ['plan', 'release', 'journal', 'metrics'], place: 'release-artifact'},
  movesTags: true,
  lists: ['images', 'tags', 'kept', 'superseded', 'deleted', 'verify-commands'],
  prints: 'result',
  inputs: releaseInputs,
  outputs,
  examples: [
    {line: 'image-release release', remark: 'Release what is checked out, by .github/image-release.yml'},
    {
      line: 'image-release release --images ghcr.io/owner/app --strategy release --dry-run',
      remark: 'Show what would be built, moved and deleted'
    },
    {line: 'image-release release --until build', remark: 'Build and push, and move no tag yet'},
    {line: 'image-release release --resume', remark: 'Go on after a failure, without building again'}
  ],
  async run(called, ports) {
    const given = await withSettings(called, ports)
    const inputs = await readStepInputs(given, ports)
    const steps = new ReleaseSteps(ports)
    return await steps.tell(async () => await runSteps({given, inputs, steps, ports}))
  }
})

interface Work {
  readonly given: ReleaseValues
  readonly inputs: StepInputs
  readonly steps: ReleaseSteps
  readonly ports: Ports
}

async function runSteps(work: Work) {
  const {given, inputs, steps} = work
  const planned = await steps.run('plan', async ports => await computeTags.run(inputs.plan, ports))
  const plan = parsePlan(planned.plan)
  steps.title = releaseTitle(plan)
  if (given.strategy === 'release' && isUntaggedBranch(plan))
    work.ports.reporter.notice(
      'To release a version, give this commit its Git tag (git tag v1.2.3), and call this again.'
    )
  if (given.until === 'plan' && !given['dry-run']) return conclude(work, plan, {})
  const prepared = await steps.run('check', async ports => {
    const isAllowed = await checkRights({plan, inputs, skip: given.skip}, ports)
    const build = rebuilding(inputs.build, planned)
    const found = await prepareBuilds(build, plan, ports)
    if (given['dry-run']) await showDryRun({plan, inputs, prepared: found, given}, ports)
    else {
      if (!isAllowed) await checkPushes(found)
      await askFirst(plan, ports)
    }
    return found
  })
  if (given['dry-run']) return conclude(work, plan, {})
  const builds = await steps.run('build', async ports =>
    buildTargets(prepared, {atOnce: given['at-once'], resume: given.resume}, ports)
  )
  if (!plan.push || given.until === 'build') return conclude(work, plan, {builds})
  const finished = await finishRelease({plan, builds, inputs, given}, steps)
  return conclude(work, plan, {builds, finished})
}

/** A branch, none of whose images earns a tag: somebody who has just begun may not know where versions come from. */
function isUntaggedBranch({source, targets}: Plan): boolean {
  return source.ref.startsWith('refs/heads/') && targets.every(({tags}) => tags.length === 0)
}

/** What the event says of caches and base images, where the settings of the build do not. */
function rebuilding(
  build: StepInputs['build'],
  planned: {readonly rebuild_flag: string; readonly 'dependencies-changed': string}
): StepInputs['build'] {
  return {
    ...build,
    rebuild: build.rebuild ?? planned.rebuild_flag === 'true',
    'cache-update': build['cache-update'] ?? planned['dependencies-changed'] === 'true'
  }
}

interface Reached {
  readonly builds?: readonly TargetBuild[]
  readonly finished?: FinishedRelease
}

function conclude({given, steps}: Work, plan: Plan, {builds = [], finished}: Reached) {
  const document = finished?.merged.release
  const metrics = builds.flatMap(({view}) => view?.metrics ?? [])
  const deleted = finished?.deleted ?? ''
  const result: ReleaseResult = {
    ...(plan.version === undefined ? {} : {version: plan.version}),
    push: plan.push,
    until: given['dry-run'] ? 'plan' : given.until,
    builds: builds.map(({job, digest, view}) => ({
      target: job.target ?? '',
      platform: formatPlatform(job.platform),
      digest,
      built: view !== undefined
    })),
    ...(document === undefined ? {} : {release: parseRelease(document)}),
    deleted: deleted.split('\n').filter(Boolean),
    ...(finished?.url ? {url: finished.url} : {}),
    steps: steps.reports
  }
  return {
    result: given.json ? releaseResultJson(result) : resultText(result),
    version: plan.version ?? '',
    push: String(plan.push),
    plan: JSON.stringify(plan),
    ...mergedOutputs(finished),
    'release-artifact': `release-${plan.id}`,
    metrics: metrics.length === 0 ? '' : JSON.stringify(metrics),
    report: finished?.report ?? '',
    notes: finished?.notes ?? '',
    url: finished?.url ?? '',
    deleted
  }
}

function mergedOutputs(finished: FinishedRelease | undefined) {
  const names = [
    'digest',
    'digests',
    'images',
    'tags',
    'kept',
    'superseded',
    'journal',
    'release',
    'verify-commands'
  ] as const
  const merged: Partial<Record<(typeof names)[number], string>> = finished?.merged ?? {}
  return Object.fromEntries(names.map(name => [name, merged[name] ?? ''])) as Record<
    (typeof names)[number],
    string
  >
}
