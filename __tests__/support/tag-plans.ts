import {parseFlavor} from '../../src/planning/rules/flavor.js'
import {parseRules} from '../../src/planning/rules/rule-grammar.js'
import {type TagPlan, planTags} from '../../src/planning/tags/tag-plan.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'

/** The commit of `onRef`. */
export const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37'

/** A run on a ref: refs/pull/… is a pull request into main, all else a push. */
export function onRef(ref: string, changes: Partial<WorkflowRun> = {}): WorkflowRun {
  const isPull = ref.startsWith('refs/pull/')
  return {
    event: isPull ? 'pull_request' : 'push',
    ref,
    sha: SHA,
    ...(isPull ? {pullRequest: Number(ref.split('/')[2]), baseRef: 'main'} : {}),
    defaultBranch: 'main',
    commitDate: '2020-01-10T00:30:00Z',
    startedAt: '2020-01-11T12:00:00Z',
    attempt: 1,
    source: {
      fullName: 'octo/hello',
      url: 'https://github.com/octo/hello',
      description: 'A greeting',
      license: 'MIT'
    },
    ...changes
  }
}

/** A push of a branch or a Git tag, or a pull request, in short: `main`, `v1.2.3`, `pr:2`, `tag:nightly`. */
export function on(short: string, changes: Partial<WorkflowRun> = {}): WorkflowRun {
  if (short.startsWith('pr:')) return onRef(`refs/pull/${short.slice(3)}/merge`, changes)
  if (short.startsWith('tag:')) return onRef(`refs/tags/${short.slice(4)}`, changes)
  return onRef(/^v?\d/.test(short) ? `refs/tags/${short}` : `refs/heads/${short}`, changes)
}

/** What rules and flavor, written as in a workflow, decide in a run. */
export function decide(run: WorkflowRun, rules: string, flavor = ''): TagPlan {
  return planTags({rules: parseRules(rules), flavor: parseFlavor(flavor), shortShaLength: 7}, run)
}

/** The names of the tags, with spaces between them. */
export function names(plan: TagPlan): string {
  return plan.tags.map(({name}) => name).join(' ')
}
