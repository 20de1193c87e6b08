import {execFileSync} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {publishBaseImages, publishScanner} from './base-images.js'
import {type BuildKit, startBuildKit} from './buildkit.js'
import {type ContainerStorage, makeContainerStorage} from './container-storage.js'
import {GITHUB_TOKEN, type GithubServer} from './github-server.js'
import {type Internet, type Site, passOn, startInternet} from './internet.js'
import {spellOutOwnActions} from './own-actions.js'
import {type ProjectCopy, copyProject} from './project-copy.js'
import {type RegistryView, viewRegistries} from './registry-view.js'
import {DISTRIBUTION_3} from './registries.js'
import {type ResultsService, startResultsService} from './results-service.js'
import {type WorkflowEnd, runWorkflow} from './run-workflow.js'
import {type VendorRegistry, startVendorRegistry} from './vendor-registries.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const FIXTURES = path.join(ROOT, '__tests__/fixtures/workflows')

/** The programs that every example needs. */
export const EXAMPLE_PROGRAMS = ['act', 'crane', 'git', 'htpasswd', ...DISTRIBUTION_3] as const

/** What an example needs beside its own files. */
export interface ExampleOptions {
  /** The folder in `examples`, or the whole path of another. */
  readonly name: string
  /** `owner/name` */
  readonly repository: string
  readonly workflow: string
  /** The vendors' registries that it publishes to. Docker Hub is always there, for base images. */
  readonly registries: readonly string[]
  readonly bases: readonly string[]
  /** The image by which BuildKit makes bills of materials, if it makes them. */
  readonly scanner?: string
  readonly builder: 'buildx' | 'buildah'
  readonly secrets?: Readonly<Record<string, string>>
  readonly sites?: Readonly<Record<string, Site>>
  /** GitHub's API, if the workflow uses more of it than packages. */
  readonly github?: GithubServer
  /** Programs that stand in for others, by their name: the text of a shell script. */
  readonly programs?: Readonly<Record<string, string>>
}

/** An event of the example's repository. */
export interface ExampleEvent {
  readonly name: string
  readonly ref: string
  readonly payload?: object
  readonly env?: Readonly<Record<string, string>>
}

/** An example in a repository of its own, with everything that its workflow reaches, on this machine. */
export interface ExampleWorld {
  /** The work tree, to change between runs. */
  readonly folder: string
  readonly internet: Internet
  readonly service: ResultsService
  readonly registries: ReadonlyMap<string, VendorRegistry>
  readonly view: RegistryView
  /** Variables for programs that read the registries. */
  readonly readerEnv: Readonly<Record<string, string>>
  /** The commit that the next run is for. */
  head(): string
  commit(files?: Readonly<Record<string, string>>): string
  /** The text of a file of the work tree. */
  read(file: string): string
  run(event: ExampleEvent): Promise<WorkflowEnd>
  /** The log of a run that succeeded; one that failed shows it. */
  succeed(run: Promise<WorkflowEnd>): Promise<string>
  stop(): Promise<void>
}

/** Opens an example. */
export async function openExample(options: ExampleOptions): Promise<ExampleWorld> {
  const hosts = [...new Set(['docker.io', ...options.registries])]
  const registries = await Promise.all(hosts.map(host => startVendorRegistry(host, options.repository)))
  const sites = Object.assign({}, ...registries.map(registry => registry.sites)) as Record<string, Site>
  const internet = await startInternet({...sites, ...options.sites, ...githubSite(sites, options)})
  const temp = mkdtempSync(path.join(tmpdir(), 'example-'))
  const readerEnv = {...internet.env, ...writeLogins(path.join(temp, 'logins'), registries)}
  await publishBaseImages(
    options.bases.map(name => `docker.io/library/${name}`),
    readerEnv
  )
  if (options.scanner !== undefined) await publishScanner(`docker.io/${options.scanner}`, readerEnv)
  const parts = {
    service: await startResultsService(),
    storage: makeContainerStorage(),
    buildkit: options.builder === 'buildx' ? await startLoggedOut(internet) : undefined,
    actions: copyActions()
  }
  const folder = copyExample(options.name, path.join(temp, 'repository'))
  const programs = writePrograms(path.join(temp, 'programs'), {
    podman: parts.storage.podman,
    ...options.programs
  })
  let runs = 0
  return {
    folder,
    internet,
    service: parts.service,
    registries: new Map(registries.map(registry => [registry.host, registry])),
    view: viewRegistries(readerEnv),
    readerEnv,
    head: () => execFileSync('git', ['rev-parse', 'HEAD'], {cwd: folder, encoding: 'utf8'}).trim(),
    commit: files => commit(folder, files),
    read: file => readFileSync(path.join(folder, file), 'utf8'),
    succeed,
    run: event => runExample(options, event, {...parts, folder, internet, programs, run: ++runs}),
    async stop() {
      parts.actions.dispose()
      parts.storage.remove()
      await Promise.all([parts.service.stop(), parts.buildkit?.stop(), internet.stop()])
      await Promise.all(registries.map(registry => registry.stop()))
      rmSync(temp, {recursive: true, force: true})
    }
  }
}

/** One name for all of GitHub's API: packages are somewhere else than releases and pull requests. */
function githubSite(sites: Readonly<Record<string, Site>>, {github}: ExampleOptions): Record<string, Site> {
  const packages = sites['api.github.com']
  if (github === undefined) return {}
  return {
    'api.github.com': (incoming, answer) => {
      const isOfPackages = /^\/(orgs|users?)\b/.test(incoming.url ?? '')
      if (isOfPackages && typeof packages === 'function') packages(incoming, answer)
      else passOn(new URL(github.url), incoming, answer)
    }
  }
}

async function succeed(run: Promise<WorkflowEnd>): Promise<string> {
  const {exitCode, log} = await run
  if (exitCode !== 0) throw new Error(`the workflow failed:\n${log}`)
  return log
}

/** podman wants the file that the variable of docker leads to. */
async function startLoggedOut(internet: Internet): Promise<BuildKit> {
  const buildkit = await startBuildKit([], internet.env)
  writeFileSync(path.join(buildkit.env['DOCKER_CONFIG'] ?? '', 'config.json'), '{}')
  return buildkit
}

interface Parts {
  readonly service: ResultsService
  readonly storage: ContainerStorage
  readonly buildkit: BuildKit | undefined
  readonly actions: ProjectCopy
  readonly folder: string
  readonly internet: Internet
  readonly programs: string
  readonly run: number
}

function runExample(
  {repository, workflow, secrets}: ExampleOptions,
  {name, ref, payload, env}: ExampleEvent,
  parts: Parts
): Promise<WorkflowEnd> {
  const {service, storage, buildkit, internet, actions, folder, programs, run} = parts
  return runWorkflow({
    folder,
    file: `.github/workflows/${workflow}`,
    repository,
    actor: 'octocat',
    event: {
      name,
      payload: {ref, repository: {full_name: repository, default_branch: 'main'}, ...payload}
    },
    secrets: {GITHUB_TOKEN: GITHUB_TOKEN, ...secrets},
    env: {
      ...storage.env,
      ...buildkit?.env,
      ...internet.env,
      ...service.env(`run-${run}`),
      UPLOADS: path.join(folder, '../uploads', String(run)),
      ...env
    },
    programs,
    // Jobs share the storage of buildah here, where one platform's base takes the name from the other's.
    ...(buildkit === undefined ? {jobs: 1} : {}),
    actions: {'org/image-release': actions.folder},
    standIns: {
      'docker/login-action': path.join(FIXTURES, 'login'),
      'docker/setup-buildx-action': path.join(FIXTURES, 'nothing'),
      'docker/setup-qemu-action': path.join(FIXTURES, 'nothing'),
      'sigstore/cosign-installer': path.join(FIXTURES, 'nothing'),
      'aquasecurity/setup-trivy': path.join(FIXTURES, 'nothing'),
      'anchore/scan-action': path.join(FIXTURES, 'nothing'),
      'anchore/sbom-action': path.join(FIXTURES, 'nothing'),
      'actions/setup-python': path.join(FIXTURES, 'nothing'),
      'actions/upload-artifact': path.join(FIXTURES, 'upload-artifact'),
      'actions/download-artifact': path.join(FIXTURES, 'download-artifact')
    }
  })
}

/** The actions and the reusable workflow, to be used as `org/image-release@v1`. */
function copyActions(): ProjectCopy {
  const copy = copyProject(
    file => /^(dist|[\w-]+\/action\.yml|action\.yml|\.github\/workflows)/.test(file),
    'none'
  )
  spellOutOwnActions(copy.folder, action => `org/image-release/${action}@v1`)
  return copy
}

function copyExample(name: string, folder: string): string {
  cpSync(path.resolve(ROOT, 'examples', name), folder, {recursive: true})
  execFileSync('git', ['init', '--quiet', '--initial-branch', 'main'], {cwd: folder})
  commit(folder)
  return folder
}

/** Commits what stands in the work tree, with these files changed. Returns the commit. */
function commit(folder: string, files: Readonly<Record<string, string>> = {}): string {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), {recursive: true})
    writeFileSync(path.join(folder, file), text)
  }
  const git = (...args: string[]): string => execFileSync('git', args, {cwd: folder, encoding: 'utf8'}).trim()
  git('config', 'user.name', 'Test')
  git('config', 'user.email', 'test@example.org')
  git('add', '--all')
  git('commit', '--quiet', '--allow-empty', '--message', 'Change')
  return git('rev-parse', 'HEAD')
}

/** The logins of all registries as docker and skopeo read them. */
function writeLogins(folder: string, registries: readonly VendorRegistry[]): Record<string, string> {
  const auths = registries.map(({host, credential: {username, password}}) => [
    host === 'docker.io' ? 'https://index.docker.io/v1/' : host,
    {auth: Buffer.from(`${username}:${password}`).toString('base64')}
  ])
  mkdirSync(folder)
  writeFileSync(
    path.join(folder, 'config.json'),
    JSON.stringify({auths: Object.fromEntries(auths) as object})
  )
  return {DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: path.join(folder, 'config.json')}
}

function writePrograms(folder: string, programs: Readonly<Record<string, string>>): string {
  mkdirSync(folder)
  for (const [name, text] of Object.entries(programs))
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`, {mode: 0o755})
  return folder
}
