import * as core from '@actions/core'
import type {Command, Outputs} from '../../commands/command.js'
import type {DigestStore} from '../../ports.js'
import {causeLines, errorLines} from '../error-lines.js'
import type {Host} from '../host.js'
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
    readRun: async facts => await readGithubRun(process.env, facts)
  })
  return {
    ports,
    commandInput: () => core.getInput('command'),
    read: async command =>
      await gatherTexts(command.inputs, name => core.getInput(name, {trimWhitespace: false})),
    hide: hideSecret,
    write: writeOutputs,
    fail(error) {
      for (const line of causeLines(error)) core.debug(line)
      core.setFailed(errorLines(error).join('\n'))
    },
    close
  }
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
  const isExported =
    command.exportPrefix !== undefined && process.env['DOCKER_METADATA_SET_OUTPUT_ENV'] !== 'false'
  for (const [name, value] of Object.entries(outputs)) {
    core.setOutput(name, value)
    if (isExported)
      core.exportVariable(`${command.exportPrefix ?? ''}${name.replace(/\W/g, '_').toUpperCase()}`, value)
  }
}
