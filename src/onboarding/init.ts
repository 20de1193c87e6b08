import {diffOf} from './file-diff.js'
import {accountsOf, planOnboarding} from './onboarding-plan.js'
import {lookAt} from './repository-look.js'
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
      'The workflow of the repository to translate, by its file name, where several publish images; the others go on as they are.',
    placeholder: 'FILE'
  }),
  beside: flag({
    summary:
      'Write a workflow even where something publishes already that cannot be translated, such as bake, goreleaser or docker push.'
  }),
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
  prints: 'diff',
  outputs: {
    diff: 'The change, as a unified diff; empty where there is nothing to do.',
    account:
      'What becomes of every value of a workflow that changes: taken over, kept as it is, or not taken over, with the reason.',
    files: 'One file a line that changes.',
    written: 'true where the files were written, else false.'
  },
  examples: [
    {line: 'image-release init', remark: 'Show what this repository would get, and ask'},
    {
      line: 'image-release init --images ghcr.io/owner/app,docker.io/owner/app --write',
      remark: 'Write it for two registries'
    }
  ],
  async run(given, ports) {
    const run = await runOf(ports)
    const root = await repositoryRoot()
    const plan = planOnboarding(await lookAt(workTreeAt(root)), {
      images: given.images.map(formatRepository),
      source: run?.source.fullName.includes('/') === true ? run.source.fullName : undefined,
      host: run?.source.url === undefined ? undefined : new URL(run.source.url).host,
      defaultBranch: run?.defaultBranch ?? 'main',
      workflow: given.calls ?? '',
      chosen: given.workflow,
      isBeside: given.beside
    })
    const diff = diffOf(plan)
    const account = accountsOf(plan)
    for (const line of account === '' ? [] : account.split('\n')) ports.reporter.info(line)
    for (const note of plan.notes) ports.reporter.notice(note)
    if (plan.files.length === 0 && plan.notes.length === 0)
      ports.reporter.notice('There is nothing to do: settings and workflow are there.')
    const isWriting = plan.files.length > 0 && (given.write || (await isConfirmed(diff, ports)))
    if (isWriting) await writeFiles(root, plan.files)
    return {diff, account, files: plan.files.map(({file}) => file).join('\n'), written: String(isWriting)}
  }
})

/** Where nobody can be asked nothing is written. */
async function isConfirmed(diff: string, {confirm}: Ports): Promise<boolean> {
  return await confirm(`${diff}\nWrite this?`, false)
}

/** A folder that is no repository yet has no facts, and can have settings all the same. */
async function runOf(ports: Ports): Promise<WorkflowRun | undefined> {
  try {
    return await ports.workflowRun('git')
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}
