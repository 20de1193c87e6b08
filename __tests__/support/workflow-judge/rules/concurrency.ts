import {WHOLE_RELEASE} from '../../../../src/commands.js'
import {eventVariables} from '../../events.js'
import {type Finding, distinct} from '../finding.js'
import {type Judged, type Rule, inRun, jobsOf} from '../judged.js'
import type {Group, JobRun} from '../simulation.js'
import {at, expressionsIn} from '../workflow-tree.js'

/** Who waits for whom, and who is called off. */
export const CONCURRENCY_RULES: readonly Rule[] = [
  {
    id: 'publish-cancelled',
    says: '`cancel-in-progress` ends a job between two of its writes when the next run of its group comes.',
    source: 'docs.github.com, «Control workflow concurrency»',
    judge: judged =>
      distinct(
        publishers(judged).flatMap(job =>
          job.groups
            .filter(({cancels, group}) => cancels && !group.includes(RUN_ID))
            .filter(({place}) => EXEMPT[place] === undefined)
            .map(({place, group}) => ({
              place,
              message: `a newer run of ${JSON.stringify(group)} cancels ${job.place} while it publishes, ${inRun(job.event)}`
            }))
        )
      )
  },
  {
    id: 'publish-queue',
    says: 'Of the runs that wait in a group all but the newest are cancelled, unless it says `queue: max`; runs of another group do not wait at all.',
    source:
      'github.blog/changelog, 2026-05-07, `queue: max`; docs.github.com, «Control workflow concurrency»',
    judge: judged => (judged.source.isPart && !hasConcurrency(judged) ? [] : distinct(queueFindings(judged)))
  },
  {
    id: 'outdated-build',
    says: 'A build of a commit that is no longer the newest goes on to its end unless a group of its ref has `cancel-in-progress`.',
    source: 'docs.github.com, «Control workflow concurrency»',
    judge: judged =>
      judged.source.isPart
        ? []
        : distinct(
            jobsOf(judged)
              .filter(isBuild)
              .filter(({event}) => event.run.event === 'pull_request')
              .flatMap(job => outdated(job))
          )
  },
  {
    id: 'outer-group',
    says: 'A newer run that waits in the group of a whole workflow has started no job yet, so that it cancels none.',
    source: 'docs.github.com, «Control workflow concurrency»',
    judge: judged =>
      distinct(
        jobsOf(judged).flatMap(({groups}) => {
          const outer = groups.find(({cancels}) => !cancels)
          const inner = groups.find(({cancels}) => cancels)
          const isAround =
            outer !== undefined && inner !== undefined && groups.indexOf(outer) < groups.indexOf(inner)
          return isAround
            ? [
                {
                  place: outer.place,
                  message: `runs wait in ${JSON.stringify(outer.group)}, so that ${JSON.stringify(inner.group)} is never reached by a newer one`
                }
              ]
            : []
        })
      )
  },
  {
    id: 'group-collision',
    says: 'Jobs of one run that have the same group wait for each other, or cancel each other; a job in its workflow’s own group waits for ever.',
    source: 'docs.github.com, «Control workflow concurrency»',
    judge: judged => distinct([...cellCollisions(judged), ...callCollisions(judged)])
  }
]

/** Groups that the owner of the workflow asked for as they are, with the reason. */
const EXEMPT: Readonly<Record<string, string>> = {
  // The system asks for one group a ref whose second push cancels the first (docs/requirements.md, 001.16); a run that is
  // cancelled while it moves tags puts them back (001.30).
  'examples/001-metro/.github/workflows/build-images.yml: concurrency': 'requirement 001.16'
}

/** A group with the number of the run in it is of no other run. */
const RUN_ID = eventVariables('push-tag')['GITHUB_RUN_ID'] ?? ''

const PUBLISHES = ['merge-manifest', 'update-manifests', 'promote-release']

function publishers(judged: Judged): JobRun[] {
  return jobsOf(judged).filter(({steps, event}) =>
    steps.some(
      ({isRun, facts}) =>
        isRun &&
        (PUBLISHES.includes(facts?.command ?? '') ||
          // A whole release only builds what a pull request brings.
          (facts?.command === WHOLE_RELEASE && event.run.event !== 'pull_request'))
    )
  )
}

function isBuild({steps}: JobRun): boolean {
  return steps.some(({isRun, facts}) => isRun && facts?.command === 'build-by-digest')
}

function hasConcurrency({tree}: Judged): boolean {
  return JSON.stringify(tree.root).includes('"concurrency"')
}

function queueFindings(judged: Judged): Finding[] {
  const all = publishers(judged)
  return [...new Set(all.map(({place}) => place))].flatMap(place => {
    const runs = all.filter(job => job.place === place)
    const groups = runs.flatMap(({groups}) => groups)
    if (groups.some(group => EXEMPT[group.place] !== undefined)) return []
    const over = (own: readonly Group[]): boolean =>
      own.length > 0 && own.every(({group}) => runs.every(run => run.groups.some(one => one.group === group)))
    const waiting = runs.map(({groups}) => groups.at(-1))
    if (waiting.some(group => group === undefined))
      return [{place, message: 'it publishes in no group: two runs move the same tags at once'}]
    const own = waiting.flatMap(group => group ?? [])
    const faults: Finding[] = []
    if ((!over(own) && isSameImages(runs)) || runs.some(isOfItsRef))
      faults.push({
        place,
        message: `its group is another for each ref or event (${[...new Set(own.map(({group}) => JSON.stringify(group)))].join(', ')}), so that two releases of one image do not wait for each other`
      })
    if (own.some(({queue}) => queue !== 'max'))
      faults.push({place, message: 'a third run replaces the one that waits: add `queue: max`'})
    return faults
  })
}

function isOfItsRef({groups, event: {run}}: JobRun): boolean {
  const group = groups.at(-1)?.group ?? ''
  return [run.ref, run.ref.replace(/^refs\/\w+\//, ''), run.sha, RUN_ID].some(text => group.includes(text))
}

/** Runs of callers with other images are in other groups, as they should be. */
function isSameImages(runs: readonly JobRun[]): boolean {
  const images = new Set(
    runs.map(({plan}) => JSON.stringify([...new Set(plan?.targets.flatMap(target => target.images))].sort()))
  )
  return images.size === 1
}

function outdated(job: JobRun): Finding[] {
  const ref = job.event.run.ref
  const isCancelled = job.groups.some(({cancels, group}) => cancels && group.includes(ref))
  return isCancelled
    ? []
    : [
        {
          place: job.place,
          message: `no group with the ref in it cancels it when a newer commit is pushed, ${inRun(job.event)}`
        }
      ]
}

function cellCollisions(judged: Judged): Finding[] {
  return judged.simulations.flatMap(({jobs}) => {
    const own = jobs.flatMap(job => job.groups.map(group => ({job, group})))
    return own.flatMap(({job, group}) => {
      const same = own.filter(other => other.group.group === group.group)
      const cells = new Set(
        same
          .filter(other => other.group.place === group.place && isOfJob(other.group, other.job))
          .map(({job: one}) => JSON.stringify([one.place, one.matrix]))
      )
      const isOuter = job.groups.some(other => other !== group && other.group === group.group)
      if (isOuter)
        return [
          {
            place: group.place,
            message: `the group ${JSON.stringify(group.group)} is that of the workflow around it, which waits for this job`
          }
        ]
      return isOfJob(group, job) && group.cancels && cells.size > 1
        ? [
            {
              place: group.place,
              message: `${cells.size} cells of the matrix have the group ${JSON.stringify(group.group)} and cancel each other`
            }
          ]
        : []
    })
  })
}

function isOfJob(group: Group, job: JobRun): boolean {
  return group.place === `${job.place}.concurrency`
}

/** Two calls of one workflow in the same run differ in nothing but what they are called with. */
function callCollisions({source, tree, simulations}: Judged): Finding[] {
  if (at(tree.root, 'on', 'workflow_call') === undefined) return []
  const jobs = simulations.flatMap(one => one.jobs)
  const groups = new Map(jobs.flatMap(job => job.groups.map(group => [group.place, job] as const)))
  return [...groups.keys()].flatMap(place => {
    const name = /: jobs\.([\w-]+)\.concurrency$/.exec(place)?.[1]
    const written =
      name === undefined ? at(tree.root, 'concurrency') : at(tree.root, 'jobs', name, 'concurrency')
    const texts = [...expressionsIn(at(written ?? null, 'group') ?? written ?? null)].map(
      ([, {text}]) => text
    )
    const isOfCall = texts.some(text =>
      /\binputs\.images\b|\bneeds\.\w+\.outputs\.(?:build-)?group\b/.test(text)
    )
    return isOfCall
      ? []
      : [
          {
            place,
            message: `two calls of ${source.name} in one workflow have the same group; put the output group or build-group of compute-tags into it`
          }
        ]
  })
}
