import {execFile} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'

const run = promisify(execFile)

/** An entry as `POST /repos/{owner}/{repo}/git/trees` takes it. */
export interface TreeEntry {
  readonly path: string
  readonly mode: string
  readonly sha: string | null
}

/**
 * GitHub's requests for objects of Git on a real bare repository: «Git database» of its REST API. What is committed so is
 * signed by GitHub where no author is given and the token is a bot's (docs.github.com, "Signature verification for bots").
 */
export class GitDatabase {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The name of a blob with these bytes. */
  async blob(base64: string): Promise<string> {
    const temp = await mkdtemp(path.join(tmpdir(), 'blob-'))
    try {
      const file = path.join(temp, 'content')
      await writeFile(file, Buffer.from(base64, 'base64'))
      return await this.#git(['hash-object', '-w', file])
    } finally {
      await rm(temp, {recursive: true, force: true})
    }
  }

  /** The name of a tree with these entries over another one. */
  async tree(base: string, entries: readonly TreeEntry[]): Promise<string> {
    const temp = await mkdtemp(path.join(tmpdir(), 'index-'))
    const env = {...process.env, GIT_INDEX_FILE: path.join(temp, 'index')}
    try {
      await this.#git(['read-tree', base], env)
      for (const {path: file, mode, sha} of entries) {
        const args =
          sha === null ? ['--force-remove', file] : ['--add', '--cacheinfo', `${mode},${sha},${file}`]
        await this.#git(['update-index', ...args], env)
      }
      return await this.#git(['write-tree'], env)
    } finally {
      await rm(temp, {recursive: true, force: true})
    }
  }

  /** The name of a commit by GitHub's bot. */
  async commit(tree: string, parents: readonly string[], message: string): Promise<string> {
    const bot = {name: 'github-actions[bot]', mail: '41898282+github-actions[bot]@users.noreply.github.com'}
    const env = {
      ...process.env,
      ...{GIT_AUTHOR_NAME: bot.name, GIT_AUTHOR_EMAIL: bot.mail},
      ...{GIT_COMMITTER_NAME: 'GitHub', GIT_COMMITTER_EMAIL: 'noreply@github.com'}
    }
    return await this.#git(
      ['commit-tree', tree, ...parents.flatMap(parent => ['-p', parent]), '-m', message],
      env
    )
  }

  /** The tip of a branch; undefined where there is none. */
  async tip(branch: string): Promise<string | undefined> {
    return await this.#git(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]).catch(
      () => undefined
    )
  }

  async isAncestor(one: string, other: string): Promise<boolean> {
    return await this.#git(['merge-base', '--is-ancestor', one, other]).then(
      () => true,
      () => false
    )
  }

  async move(branch: string, commit: string): Promise<void> {
    await this.#git(['update-ref', `refs/heads/${branch}`, commit])
  }

  async #git(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
    return (await run('git', ['--git-dir', this.#folder, ...args], {env})).stdout.trim()
  }
}
