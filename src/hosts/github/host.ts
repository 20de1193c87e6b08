import * as core from '@actions/core'
import type {Command, Outputs} from '../../commands/command.js'
import type {DigestStore, Ports} from '../../ports.js'
import {causeLines, errorLines} from '../error-lines.js'
import type {WorkflowRun} from '../../workflow-run.js'
import type {Host} from '../host.js'
import {readGitRun} from '../git-run.js'
import {gatherTexts} from '../input-texts.js'
import {openSystemPorts} from '../system-ports.js'
import {githubReporter} from './reporter.js'
import {readGithubRun} from '../github-run.js'

/** A host that can also say which command the root action was asked for. */
export interface GithubHost extends Host {
  commandInput(): string
}

/** Opens the host of a GitHub Actions step. */
export function openGithubHost(): GithubHost {
  const {ports, close} = openSystemPorts({
    reporter: githubReporter(),
    digests: artifactStore(),
    readRun: async (facts, source) => await readRun(facts, source)
  })
  return {
    ports,
    commandInput: () => core.getInput('command'),
    read: async command =>
      await gatherTexts(command.inputs, name => core.getInput(name, {trimWhitespace: false}), process.env),
    hide: hideSecret,
    write: writeOutputs,
    fail(error) {
      for (const line of causeLines(error)) core.debug(line)
      core.setFailed(errorLines(error).join('\n'))
    },
    close
  }
}

/** With `context: git` the checkout says what is built; who started the run and why, the runner says as ever. */
async function readRun(
  facts: Pick<Ports, 'exec' | 'clock'>,
  source: 'workflow' | 'git'
): Promise<WorkflowRun> {
  const run = await readGithubRun(process.env, facts)
  if (source === 'workflow') return run
  const {ref, sha, commitDate} = await readGitRun({}, facts)
  return {...run, ref, sha, ...(commitDate === undefined ? {} : {commitDate})}
}

/** The artifact client is large: it is loaded by the commands that hand digests over, when they do. */
function artifactStore(): DigestStore {
  const open = async (): Promise<DigestStore> =>
    (await import('./artifact-digest-store.js')).openArtifactStore(process.env['RUNNER_TEMP'])
  return {
    save: async (name, record) => await (await open()).save(name, record),
    load: async names => await (await open()).load(names)
  }
}

function hideSecret(secret: string | undefined): void {
  for (const line of (secret ?? '').split(/\r?\n/).filter(text => text.trim() !== '')) core.setSecret(line)
}

function writeOutputs(command: Command, outputs: Outputs): void {
  const isExporting = process.env['DOCKER_METADATA_SET_OUTPUT_ENV'] !== 'false'
  for (const [name, value] of Object.entries(outputs)) {
    core.setOutput(name, value)
    if (isExporting && command.exports?.outputs.includes(name) === true)
      core.exportVariable(`${command.exports.prefix}${name.replace(/\W/g, '_').toUpperCase()}`, value)
  }
}
