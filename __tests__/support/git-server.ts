import {execFile, spawn} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {type IncomingMessage, type ServerResponse, createServer} from 'node:http'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {close, listen} from './loopback.js'

const run = promisify(execFile)

/** A bare repository, and what a test asks of it. */
export interface BareRepository {
  readonly folder: string
  readonly git: (...args: string[]) => Promise<string>
  /** The text of a file at the tip of a branch. */
  read(branch: string, file: string): Promise<string>
  /** Commits texts to a branch as a person does; a file without one goes. */
  write(branch: string, files: Readonly<Record<string, string | undefined>>): Promise<void>
  /** The subjects of a branch's commits, the newest first. */
  subjects(branch: string): Promise<string[]>
  remove(): Promise<void>
}

const PERSON = 'A Person <person@example.com> now'

/** Makes a bare repository with a branch main that holds these files. */
export async function bareRepository(files: Readonly<Record<string, string>>): Promise<BareRepository> {
  const root = await mkdtemp(path.join(tmpdir(), 'bare-'))
  const folder = path.join(root, 'manifests.git')
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder])
  const git = async (...args: string[]) => (await run('git', ['--git-dir', folder, ...args])).stdout
  const tipOf = async (branch: string): Promise<string | undefined> =>
    (await git('for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`)).trim() || undefined
  const write: BareRepository['write'] = async (branch, texts) => {
    const parent = (await tipOf(branch)) ?? (await tipOf('main'))
    const importing = run('git', ['--git-dir', folder, 'fast-import', '--quiet', '--date-format=now'])
    importing.child.stdin?.end(commitStream(branch, parent, texts))
    await importing
  }
  await write('main', files)
  return {
    folder,
    git,
    write,
    read: async (branch, file) => await git('cat-file', 'blob', `${branch}:${file}`),
    subjects: async branch => (await git('log', '--format=%s', branch)).trim().split('\n'),
    remove: async () => await rm(root, {recursive: true, force: true})
  }
}

/** A commit as `git fast-import` reads it: one program in place of a clone, an index and a push. */
function commitStream(
  branch: string,
  parent: string | undefined,
  texts: Readonly<Record<string, string | undefined>>
): string {
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`
  return [
    `commit refs/heads/${branch}\nauthor ${PERSON}\ncommitter ${PERSON}\n${data('A person writes\n')}`,
    ...(parent === undefined ? [] : [`from ${parent}\n`]),
    ...Object.entries(texts).map(([file, text]) =>
      text === undefined ? `D ${file}\n` : `M 100644 inline ${file}\n${data(text)}`
    )
  ].join('')
}

/** A server of Git over HTTP that asks for a token. */
export interface GitServer {
  readonly url: string
  /** What was sent as `Authorization`, request by request. */
  readonly logins: (string | undefined)[]
  stop(): Promise<void>
}

/** Serves a bare repository by git's own program, to those who have the token. */
export async function serveGit({folder, git}: BareRepository, token: string): Promise<GitServer> {
  await git('config', 'http.receivepack', 'true')
  const logins: (string | undefined)[] = []
  const wanted = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
  const server = createServer((request, response) => {
    logins.push(request.headers.authorization)
    if (request.headers.authorization === wanted) runGitBackend(path.dirname(folder), request, response)
    else response.writeHead(401, {'www-authenticate': 'Basic realm="git"'}).end()
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}/manifests.git`,
    logins,
    stop: () => close(server)
  }
}

/** Answers as a web server that runs git's own program (RFC 3875); `root` is the folder that repositories are in. */
export function runGitBackend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const child = spawn('git', ['http-backend'], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      REMOTE_USER: 'x-access-token',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? '')
    }
  })
  const chunks: Buffer[] = []
  request.pipe(child.stdin)
  child.stdin.on('error', () => undefined)
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.on('close', () => {
    const output = Buffer.concat(chunks)
    const end = output.indexOf('\r\n\r\n')
    const headers = output
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map(line => line.split(/: (.*)/s))
    const status = Number(headers.find(([name]) => name === 'Status')?.[1]?.slice(0, 3) ?? 200)
    for (const [name = '', value = ''] of headers) if (name !== 'Status') response.setHeader(name, value)
    response.writeHead(status).end(output.subarray(end + 4))
  })
}
