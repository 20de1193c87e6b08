import {execFileSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import type {Site} from '../internet.js'
import {runGitBackend} from '../git-server.js'
import {permissionsOfToken} from './job-token.js'

/** A repository on GitHub: bare, as its server keeps it, with a clone that a person works in. */
export interface HostedGit {
  /** The bare repository. */
  readonly bare: string
  /** The clone. */
  readonly folder: string
  /** Commits to the branch main, with these files changed, and pushes. Returns the commit. */
  commit(files?: Readonly<Record<string, string>>): string
  /** Commits a submodule, which the file `.gitmodules` names. */
  link(folder: string, commit: string): void
  head(): string
  /** Has a ref point at the newest commit of main; a pull request gets commits of its own. Returns the commit that a run is for. */
  publish(ref: string): string
  /** Runs git on the bare repository. */
  git(...args: string[]): string
}

const PERSON = ['-c', 'user.name=A Person', '-c', 'user.email=person@example.org']

function run(folder: string, ...args: string[]): string {
  return execFileSync('git', ['-C', folder, ...PERSON, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe']
  }).trim()
}

/** Makes a bare repository of what is in a folder, which becomes the clone. */
export function hostedGit(folder: string, bare: string): HostedGit {
  run(path.dirname(bare), 'init', '--quiet', '--bare', '--initial-branch=main', bare)
  // What GitHub's servers allow.
  for (const name of ['allowAnySHA1InWant', 'allowFilter']) run(bare, 'config', `uploadpack.${name}`, 'true')
  run(bare, 'config', 'http.receivepack', 'true')
  run(folder, 'init', '--quiet', '--initial-branch=main')
  const commit = (files: Readonly<Record<string, string>> = {}): string => {
    if (run(bare, 'for-each-ref', 'refs/heads/main') !== '')
      run(folder, 'pull', '--quiet', '--ff-only', bare, 'main')
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), {recursive: true})
      writeFileSync(path.join(folder, file), text)
    }
    run(folder, 'add', '--all')
    run(folder, 'commit', '--quiet', '--allow-empty', '--message', 'Change')
    run(folder, 'push', '--quiet', bare, 'main')
    return run(folder, 'rev-parse', 'HEAD')
  }
  commit()
  return {
    bare,
    folder,
    commit,
    link(at, target) {
      run(folder, 'update-index', '--add', '--cacheinfo', `160000,${target},${at}`)
      mkdirSync(path.join(folder, at))
      run(folder, 'commit', '--quiet', '--message', 'Link')
      run(folder, 'push', '--quiet', bare, 'main')
    },
    head: () => run(bare, 'rev-parse', 'main'),
    publish: ref => publish(bare, ref),
    git: (...args) => run(bare, ...args)
  }
}

/** For a pull request, the runner checks out the merge that GitHub makes of both branches. */
function publish(bare: string, ref: string): string {
  const main = run(bare, 'rev-parse', 'main')
  if (ref === 'refs/heads/main') return main
  if (!ref.startsWith('refs/pull/')) {
    run(bare, 'update-ref', ref, main)
    return main
  }
  const head = run(bare, 'commit-tree', 'main^{tree}', '-p', 'main', '-m', 'Ask for a change')
  const merge = run(
    bare,
    'commit-tree',
    `${head}^{tree}`,
    '-p',
    main,
    '-p',
    head,
    '-m',
    `Merge ${head} into ${main}`
  )
  run(bare, 'update-ref', ref.replace(/merge$/, 'head'), head)
  run(bare, 'update-ref', ref, merge)
  return merge
}

/**
 * The site github.com for a repository: anyone reads one that is public, a token with `contents` reads and writes.
 * @param repository `owner/name`
 */
export function githubSite({bare}: HostedGit, repository: string, isPrivate: boolean): Site {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'https://github.com')
    const [, name, rest = ''] = /^\/([^/]+\/[^/]+?)(?:\.git)?(\/.*)$/.exec(url.pathname) ?? []
    const isWrite = rest === '/git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack'
    const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const token = Buffer.from(basic, 'base64').toString().split(':')[1]
    const contents = permissionsOfToken(token)?.['contents'] ?? 'none'
    const isAllowed = isWrite ? contents === 'write' : !isPrivate || contents !== 'none'
    if (name?.toLowerCase() !== repository.toLowerCase()) response.writeHead(404).end()
    else if (!isAllowed && token === undefined)
      response.writeHead(401, {'www-authenticate': 'Basic realm="GitHub"'}).end()
    else if (!isAllowed) response.writeHead(isWrite ? 403 : 404).end()
    else {
      request.url = `/${path.basename(bare)}${rest}${url.search}`
      runGitBackend(path.dirname(bare), request, response)
    }
  }
}
