import {cp, mkdtemp, rm, writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {ReleaseError, messageOf} from '../errors.js'
import type {Exec} from '../ports.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'

/** A Git repository in a temporary folder, made from a sample application. */
export interface SampleRepository {
  readonly folder: string
  /** Writes the file VERSION, commits and tags, and gives the run that a push of that tag would start. */
  tagVersion(version: string): Promise<WorkflowRun>
  remove(): Promise<void>
}

/** Nobody's name and signature are asked for: the repository lives for a minute. */
const IDENTITY = {
  GIT_AUTHOR_NAME: 'demo',
  GIT_AUTHOR_EMAIL: 'demo@localhost',
  GIT_COMMITTER_NAME: 'demo',
  GIT_COMMITTER_EMAIL: 'demo@localhost',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: os.devNull
}

/**
 * Copies a sample application into a repository of its own.
 * @throws ReleaseError INPUT_INVALID where the folder cannot be copied or git does not work
 */
export async function openSampleRepository(source: string, exec: Exec): Promise<SampleRepository> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'image-release-demo-'))
  const git = async (...args: string[]): Promise<string> => {
    const {exitCode, stdout, stderr} = await exec('git', args, {cwd: folder, env: IDENTITY})
    if (exitCode !== 0)
      throw new ReleaseError('INPUT_INVALID', `git ${args[0] ?? ''} failed: ${stderr.trim()}`)
    return stdout.trim()
  }
  const remove = async (): Promise<void> => await rm(folder, {recursive: true, force: true})
  try {
    await cp(source, folder, {recursive: true})
    await git('init', '--quiet', '--initial-branch=main')
  } catch (cause) {
    await remove()
    throw new ReleaseError(
      'INPUT_INVALID',
      `the sample ${source} cannot be made a repository: ${messageOf(cause)}`,
      {cause}
    )
  }
  return {folder, remove, tagVersion: async version => await tagVersion(folder, version, git)}
}

async function tagVersion(
  folder: string,
  version: string,
  git: (...args: string[]) => Promise<string>
): Promise<WorkflowRun> {
  await writeFile(path.join(folder, 'VERSION'), `${version}\n`)
  await git('add', '--all')
  await git('commit', '--quiet', '--allow-empty', `--message=Release ${version}`)
  await git('tag', `v${version}`)
  const [sha = '', commitDate = ''] = (await git('log', '-1', '--format=%H %cI')).split(' ')
  return {
    event: 'push',
    ref: `refs/tags/v${version}`,
    sha,
    commitDate,
    startedAt: commitDate,
    defaultBranch: 'main',
    attempt: 1,
    source: {fullName: 'demo/hello'}
  }
}
