import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {ReleaseError} from '../../errors.js'
import type {Clock, Exec, ExecResult, Reporter} from '../../ports.js'
import type {GitAddress} from './git-address.js'
import {gitFailure} from './git-failure.js'
import {type Git, type LocalCommit, readLocalCommits} from './local-commits.js'
import {type ConflictedMerge, readConflicts, settledTree} from './settled-merge.js'
import {retrying} from '../../shared/retry.js'
import {basicAuthorization, encodeLogin} from '../../shared/basic-login.js'

/** Who a commit is by. */
export interface GitAuthor {
  readonly name: string
  readonly email: string
}

/** What a repository is opened with. */
export interface GitAccess {
  readonly address: GitAddress
  /** Sent to the repository's own host over HTTP, and nowhere else. */
  readonly token?: string | undefined
  /** The name that goes with the token; GitHub takes any. */
  readonly username: string
  readonly author: GitAuthor
  /** Whether commits are signed by the key that Git is configured for on this machine. */
  readonly isSigned?: boolean | undefined
  /** Whether GitHub makes the commits, which are by the bot of the token then. */
  readonly isByGithub?: boolean | undefined
}

/** What the work with a repository needs of the world. */
export interface CommitPorts {
  readonly exec: Exec
  readonly clock: Clock
  readonly reporter: Pick<Reporter, 'secret' | 'debug'>
  readonly signal: AbortSignal
}

interface GitOptions {
  readonly input?: string | undefined
  readonly cwd?: string | undefined
}

/** What became of a push: it is done, or the branch is not what it was when it was read. */
export type CommitPush = 'done' | 'moved'

/** A branch, the tip of the one that it is brought onto, and the commit that joins both. */
export interface JoinedBranch {
  readonly standing: string
  readonly tip: string
  /** The branch itself where it is there already; absent where both changed the same lines. */
  readonly joined?: string
  /** What stands in the way. */
  readonly conflicts?: ConflictedMerge
}

/** A branch has moved, or another writer holds it at this moment (git, builtin/receive-pack.c and transport.c). */
const MOVED =
  /\[rejected\]|cannot lock ref|failed to (?:update|lock) ref|incorrect old value|reference already exists/
const PASSING =
  /Could not resolve host|Connection (?:reset|timed out|refused)|RPC failed|early EOF|returned error: 5\d\d/
const TRIES = 3
const FIRST_DELAY = 1000

/**
 * Reads and writes branches of a repository without a work tree: nothing of it is checked out, so that no link, filter,
 * hook or line-break setting of it matters. Objects lie in a folder of their own, which goes with `close`.
 */
export class GitRepository {
  readonly #access: GitAccess
  readonly #ports: CommitPorts
  readonly #folder: string

  private constructor(access: GitAccess, ports: CommitPorts, folder: string) {
    this.#access = access
    this.#ports = ports
    this.#folder = folder
  }

  /** @throws ReleaseError BUILDER_MISSING where there is no git */
  static async open(access: GitAccess, ports: CommitPorts): Promise<GitRepository> {
    const folder = await mkdtemp(path.join(tmpdir(), 'image-release-git-'))
    const repository = new GitRepository(access, ports, folder)
    await repository.#must(['init', '--quiet', '--bare', folder])
    return repository
  }

  async close(): Promise<void> {
    await rm(this.#folder, {recursive: true, force: true})
  }

  /** The branch that HEAD names. @throws ReleaseError GIT_FAILED where it names none */
  async defaultBranch(): Promise<string> {
    const {stdout} = await this.#remote(['ls-remote', '--symref', this.#access.address.url, 'HEAD'])
    const branch = /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(stdout)?.[1]
    if (branch !== undefined) return branch
    throw new ReleaseError('GIT_FAILED', `${this.#access.address.url} has no default branch`, {
      hint: 'Name a branch.'
    })
  }

  /** Fetches the newest commit of a branch; undefined where there is no such branch. */
  async fetch(branch: string): Promise<string | undefined> {
    const result = await this.#remote(
      [
        'fetch',
        '--quiet',
        '--depth=1',
        '--no-tags',
        this.#access.address.url,
        `+refs/heads/${branch}:refs/fetched`
      ],
      /couldn't find remote ref/
    )
    if (result.exitCode !== 0) return undefined
    return (await this.#must(['rev-parse', '--verify', 'refs/fetched'])).stdout.trim()
  }

  /**
   * The text of a file in a commit; undefined where there is none.
   * @throws ReleaseError DEPLOYMENT_INVALID for what is no file, and for bytes that are no UTF-8
   */
  async readFile(commit: string, file: string): Promise<string | undefined> {
    const entry = await this.#entryOf(commit, file)
    if (entry === undefined) return undefined
    // A byte order mark at the start of the output would be lost: the header stands before it.
    const {stdout} = await this.#must(['cat-file', '--batch'], {input: `${entry.object}\n`})
    const [header = ''] = stdout.split('\n', 1)
    const text = stdout.slice(header.length + 1, -1)
    if (Buffer.byteLength(text) === Number(header.split(' ')[2])) return text
    throw new ReleaseError('DEPLOYMENT_INVALID', `${file}: its bytes are not UTF-8`)
  }

  /** Makes a commit with other texts in some files of its parent. Returns its name; nothing is pushed. */
  async commit(parent: string, files: ReadonlyMap<string, string>, message: string): Promise<string> {
    await this.#must(['read-tree', parent])
    for (const [file, text] of files) {
      const mode = (await this.#entryOf(parent, file))?.mode ?? '100644'
      const {stdout} = await this.#must(['hash-object', '-w', '--stdin'], {input: text})
      await this.#must(['update-index', '--add', '--cacheinfo', `${mode},${stdout.trim()},${file}`])
    }
    const tree = (await this.#must(['write-tree'])).stdout.trim()
    return await this.#commitTree(tree, [parent], message)
  }

  /**
   * Pushes a commit to a branch.
   * @param standing what the branch was when it was read; undefined where there was none
   * @throws ReleaseError GIT_FAILED where it is refused for another reason than that the branch moved
   */
  async push(commit: string, branch: string, standing: string | undefined): Promise<CommitPush> {
    const ref = `refs/heads/${branch}`
    const result = await this.#remote(
      [
        'push',
        '--porcelain',
        `--force-with-lease=${ref}:${standing ?? ''}`,
        this.#access.address.url,
        `${commit}:${ref}`
      ],
      MOVED
    )
    return result.exitCode === 0 ? 'done' : 'moved'
  }

  /**
   * Brings a branch onto the tip of another one by a commit with both as parents. Nothing is pushed.
   * @returns undefined where one of the two is not there
   */
  async join(branch: string, other: string): Promise<JoinedBranch | undefined> {
    const whole = [branch, other].map((name, row) => `+refs/heads/${name}:refs/joined/${row}`)
    const {url} = this.#access.address
    // All of the history: where both part may be anywhere in it.
    const args = ['fetch', '--quiet', '--depth=2147483647', '--no-tags', url, ...whole]
    const fetched = await this.#remote(args, /couldn't find remote ref/)
    if (fetched.exitCode !== 0) return undefined
    const {stdout} = await this.#must(['rev-parse', 'refs/joined/0', 'refs/joined/1'])
    const [standing = '', tip = ''] = stdout.trim().split('\n')
    const {exitCode} = await this.#run(['merge-base', '--is-ancestor', tip, standing], {})
    if (exitCode === 0) return {standing, tip, joined: standing}
    const how = ['--write-tree', '-z', '--no-messages']
    const merged = await this.#run(['merge-tree', ...how, standing, tip], {})
    // 1 is a conflict; anything else that there is no merge, as of histories that have nothing in common.
    if (merged.exitCode > 1) return {standing, tip}
    const merge = readConflicts(merged.stdout)
    if (merged.exitCode === 1) return {standing, tip, conflicts: merge}
    const joined = await this.#commitTree(merge.tree, [standing, tip], joinMessage(branch, other))
    return {standing, tip, joined}
  }

  /**
   * Brings a branch onto the tip of another one where both changed the same lines: there, those of the other stand.
   * @returns undefined where a file is not there in both
   */
  async joinSettled(
    {standing, tip, conflicts}: JoinedBranch,
    branch: string,
    other: string
  ): Promise<string | undefined> {
    if (conflicts === undefined) return undefined
    // What Git unpacks lies in the folder, and goes with it.
    const tree = await settledTree(conflicts, this.#printing(this.#folder))
    return tree && (await this.#commitTree(tree, [standing, tip], joinMessage(branch, other)))
  }

  /** Whether every commit of a branch that another one lacks is by the author of this repository's commits. */
  async isOwn(): Promise<boolean> {
    const {stdout} = await this.#must(['log', '--format=%ae', 'refs/joined/0', '--not', 'refs/joined/1'])
    const {author, isByGithub = false} = this.#access
    const isBot = (email: string): boolean => isByGithub && email.endsWith('[bot]@users.noreply.github.com')
    return stdout.split('\n').every(email => ['', author.email].includes(email) || isBot(email))
  }

  /** Whether two commits have the same files. */
  async isSame(commit: string, other: string): Promise<boolean> {
    const {stdout} = await this.#must(['rev-parse', `${commit}^{tree}`, `${other}^{tree}`])
    const [one, two] = stdout.trim().split('\n')
    return one === two
  }

  /** Whether a branch that is at `from` goes on to a commit, and loses nothing by that. */
  async leadsTo(from: string, commit: string): Promise<boolean> {
    return (await this.#run(['merge-base', '--is-ancestor', from, commit], {})).exitCode === 0
  }

  /** The commits that lead to this one and that were made here, the oldest first. */
  async localCommits(commit: string): Promise<LocalCommit[]> {
    return await readLocalCommits(commit, this.#printing())
  }

  #printing(cwd?: string): Git {
    return async (args, input) => (await this.#must(args, {input, cwd})).stdout
  }

  async #commitTree(tree: string, parents: readonly string[], message: string): Promise<string> {
    const args = ['commit-tree', ...(this.#access.isSigned === true ? ['-S'] : []), tree]
    const all = [...args, ...parents.flatMap(parent => ['-p', parent])]
    return (await this.#must(all, {input: `${message}\n`})).stdout.trim()
  }

  async #entryOf(commit: string, file: string): Promise<{mode: string; object: string} | undefined> {
    const {stdout} = await this.#must(['ls-tree', '-z', commit, '--', file])
    const [, mode = '', type, object = ''] = /^(\d+) (\w+) ([0-9a-f]+)\t/.exec(stdout) ?? []
    if (type === undefined) return undefined
    if (type === 'blob' && mode !== '120000') return {mode, object}
    throw new ReleaseError('DEPLOYMENT_INVALID', `${file}: it is a link or a folder, and no file`)
  }

  /** Runs what talks to the repository: again where it failed in passing. */
  async #remote(args: readonly string[], expected?: RegExp): Promise<ExecResult> {
    const {clock, signal} = this.#ports
    const said = ({stdout, stderr}: ExecResult): string => `${stdout}\n${stderr}`
    const isDone = (result: ExecResult): boolean =>
      result.exitCode === 0 || expected?.test(said(result)) === true
    const result = await retrying(
      {tries: TRIES, firstDelay: FIRST_DELAY, clock, signal},
      async () => await this.#run(args, {}),
      outcome =>
        'value' in outcome && !isDone(outcome.value) && PASSING.test(said(outcome.value)) ? 0 : undefined
    )
    if (isDone(result)) return result
    throw gitFailure(args, result, this.#access.address)
  }

  async #must(args: readonly string[], options: GitOptions = {}): Promise<ExecResult> {
    const result = await this.#run(args, options)
    if (result.exitCode === 0) return result
    throw gitFailure(args, result, this.#access.address)
  }

  async #run(args: readonly string[], {input = '', cwd}: GitOptions): Promise<ExecResult> {
    const {exec, signal} = this.#ports
    return await exec('git', [`--git-dir=${this.#folder}`, ...args], {
      ...(cwd === undefined ? {} : {cwd}),
      env: this.#environment(),
      input,
      signal
    })
  }

  /** The token goes by the environment: the command line of a program can be read by all. */
  #environment(): Record<string, string> {
    const {author, address, token, username} = this.#access
    const common = {
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      GIT_INDEX_FILE: path.join(this.#folder, 'index'),
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_COMMITTER_NAME: author.name,
      GIT_COMMITTER_EMAIL: author.email
    }
    if (token === undefined || address.origin === undefined) return common
    const login = {username, password: token}
    this.#ports.reporter.secret(encodeLogin(login))
    const key = `http.${address.origin}/.extraHeader`
    return {
      ...common,
      GIT_CONFIG_COUNT: '2',
      // An empty one clears those of the machine's configuration: a server refuses two.
      GIT_CONFIG_KEY_0: key,
      GIT_CONFIG_VALUE_0: '',
      GIT_CONFIG_KEY_1: key,
      GIT_CONFIG_VALUE_1: `Authorization: ${basicAuthorization(login)}`
    }
  }
}

function joinMessage(branch: string, other: string): string {
  return `Bring ${branch} onto ${other}`
}
