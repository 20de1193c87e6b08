import {readGitRepository} from '../ci/git-run.js'
import {diffOf} from './file-diff.js'
import {type OnboardingPlan, accountsOf, planOnboarding} from './onboarding-plan.js'
import {type RepositoryReader, WORKFLOWS, lookAt} from './repository-look.js'
import {comparisonText} from './comparison/comparison-text.js'
import {compareTags} from './comparison/tag-comparison.js'
import {repositoryRoot, workTreeAt, writeFiles} from './work-tree.js'
import {InputError} from '../errors.js'
import {flag, list, text} from '../command/input.js'
import {formatRepository, parseRepository} from '../oci/reference.js'
import type {Ports} from '../ports.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import {command} from '../command/command.js'

const inputs = {
  images: list(
    {
      summary: 'Where the image is published; by default what an existing workflow says, or ghcr.io.',
      placeholder: 'REPOSITORY'
    },
    parseRepository
  ),
  write: flag({summary: 'Write the files without asking. Without it nothing is written unless you say yes.'}),
  workflow: text({
    summary:
      'The workflow of the repository to translate, by its file name, where several publish images; the others stay as they are.',
    placeholder: 'FILE'
  }),
  beside: flag({
    summary:
      'Write a workflow even where something publishes already that cannot be translated, such as goreleaser, ko or docker push.'
  }),
  'default-branch': text({
    summary: 'The branch whose pushes a new workflow builds; by default the one that the remote says.',
    placeholder: 'NAME'
  }),
  compare: flag({
    summary:
      'Show for each event of the workflow which tags its old rules and the new ones give, and why they differ; nothing is written.'
  }),
  json: flag({summary: 'Print the comparison as JSON rather than as a table.'}),
  calls: text({
    summary: 'The reusable workflow that the repository calls; its actions are taken from the same place.',
    default: 'org/image-release/.github/workflows/release.yml@v1'
  })
}

/** Brings image-release into a repository. */
export const init = command({
  name: 'init',
  summary: 'Write the settings and the workflow for a repository, after a look at it.',
  description:
    'Looks for the Containerfile, the version and existing workflows. A workflow that publishes images by docker/build-push-action is translated: as a call of the reusable workflow where that does all that its job does, else step by step, and all other steps, jobs and keys stay. An account says of every value of the file whether it is taken over, kept or not. Steps of other clean-up actions become steps of cleanup-latest by which the same images stay. The change is shown as a diff; files are written with --write, or where you answer yes. Settings that are there are never changed.',
  inputs,
  lists: ['files'],
  prints: 'diff',
  outputs: {
    diff: 'The change, as a unified diff; empty if there is nothing to do. With compare, the comparison.',
    account:
      'What becomes of every value of a workflow that changes: taken over, kept as it is, or not taken over, with the reason.',
    files: 'One file a line that changes.',
    written: 'true where the files were written, else false.',
    comparison:
      'With compare: the tags of the old and the new rules for each event, as a table, or as JSON with json; else empty.'
  },
  examples: [
    {line: 'image-release init', remark: 'Show what this repository would get, and ask'},
    {
      line: 'image-release init --compare',
      remark: 'Which tags would differ, in which event, and why?'
    },
    {
      line: 'image-release init --images ghcr.io/owner/app,docker.io/owner/app --write',
      remark: 'Write it for two registries'
    }
  ],
  async run(given, ports) {
    const run = await runOf(ports)
    const {source, defaultBranch} = run ?? (await readGitRepository(ports))
    const root = await repositoryRoot()
    const reader = workTreeAt(root)
    const plan = planOnboarding(await lookAt(reader), {
      images: given.images.map(formatRepository),
      source: source.fullName.includes('/') ? source.fullName : undefined,
      host: source.url === undefined ? undefined : new URL(source.url).host,
      defaultBranch: given['default-branch'] ?? defaultBranch ?? 'main',
      workflow: given.calls ?? '',
      chosen: given.workflow,
      isBeside: given.beside
    })
    const diff = diffOf(plan)
    const account = accountsOf(plan)
    for (const line of account === '' ? [] : account.split('\n')) ports.reporter.info(line)
    const branch = given['default-branch'] ?? defaultBranch
    if (branch === undefined && plan.files.some(isNewWorkflow)) ports.reporter.notice(UNKNOWN_BRANCH)
    for (const note of plan.notes) ports.reporter.notice(note)
    if (plan.files.length === 0 && plan.notes.length === 0)
      ports.reporter.notice('There is nothing to do: settings and workflow are there.')
    const files = plan.files.map(({file}) => file).join('\n')
    if (given.compare) {
      const comparison = await comparisonOf(plan, {
        run: run ?? {...UNKNOWN_RUN, source},
        reader,
        isJson: given.json
      })
      return {diff: comparison, account, files, written: 'false', comparison}
    }
    const isWriting = plan.files.length > 0 && (given.write || (await isConfirmed(diff, ports)))
    if (isWriting) await writeFiles(root, plan.files)
    if (isWriting) ports.reporter.notice(nextAfter(plan))
    return {diff, account, files, written: String(isWriting), comparison: ''}
  }
})

/** What somebody does with files that were just written. */
function nextAfter({files}: OnboardingPlan): string {
  return `Written: ${files.map(({file}) => file).join(', ')}. See what each event would do (image-release explain --all), then commit and open a pull request: its summary shows the release that it would become.`
}

const UNKNOWN_BRANCH =
  'The default branch is not known here, so the new workflow uses main. For another one, pass --default-branch NAME, or run git remote set-head origin --auto first.'

interface ComparedRepository {
  readonly run: WorkflowRun
  readonly reader: RepositoryReader
  readonly isJson: boolean
}

/** The tags of the workflow that changes, before and after, in the runs that this repository would have. */
async function comparisonOf(
  {files}: OnboardingPlan,
  {run, reader, isJson}: ComparedRepository
): Promise<string> {
  const readText = async (file: string): Promise<string | undefined> =>
    files.find(one => one.file === file)?.after ?? (await reader.read(file))
  const [changed] = files.filter(({file}) => file.startsWith(WORKFLOWS))
  const {before, after, file} = changed ?? {}
  const comparison =
    before === undefined || after === undefined || file === undefined
      ? {file: '', events: [], standIns: {}, beside: []}
      : await compareTags({file, before, after, run, readText})
  return isJson ? JSON.stringify(comparison, null, 2) : comparisonText(comparison)
}

/** Stands in where there is no commit yet. */
const UNKNOWN_RUN: WorkflowRun = {
  event: 'push',
  ref: 'refs/heads/main',
  sha: '0'.repeat(40),
  defaultBranch: 'main',
  startedAt: '1970-01-01T00:00:00Z',
  source: {fullName: 'owner/name'},
  attempt: 1
}

function isNewWorkflow({file, before}: OnboardingPlan['files'][number]): boolean {
  return before === undefined && file.startsWith(WORKFLOWS)
}

/** Where nobody can be asked nothing is written. */
async function isConfirmed(diff: string, {confirm}: Ports): Promise<boolean> {
  return await confirm(`${diff}\nWrite this?`, false)
}

/** A folder without a commit, or at one that several runs could be of, has no run, and can have settings all the same. */
async function runOf(ports: Ports): Promise<WorkflowRun | undefined> {
  try {
    return await ports.workflowRun('git')
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}
