import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {publishBaseImages, publishNodeBase, publishScanner} from './base-images.js'
import {type BuildKit, startBuildKit} from './buildkit.js'
import {component} from './components.js'
import {DOCKER_DAEMON, type DockerDaemon, startDockerDaemon} from './docker-daemon.js'
import type {GithubServer} from './github-server.js'
import {type HostedGit, githubSite, hostedGit} from './hosted/hosted-git.js'
import {startHostedGithub} from './hosted/hosted-github.js'
import {type HostedMachines, hostedMachines} from './hosted/hosted-machines.js'
import {type Internet, type Site, passOn, startInternet} from './internet.js'
import {spellOutOwnActions} from './own-actions.js'
import {type ProjectCopy, copyProject} from './project-copy.js'
import {type RegistryView, viewRegistries} from './registry-view.js'
import {DISTRIBUTION_3} from './registries.js'
import {type ResultsService, startResultsService} from './results-service.js'
import {type WorkflowEnd, runWorkflow} from './run-workflow.js'
import {type VendorRegistry, startVendorRegistry} from './vendor-registries.js'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** The programs that every example needs. */
export const EXAMPLE_PROGRAMS = [
  ...['act', 'crane', 'git', 'htpasswd', 'podman', 'buildah', 'docker-buildx'],
  ...DOCKER_DAEMON,
  ...DISTRIBUTION_3
] as const

/** What an example needs beside its own files. */
export interface ExampleOptions {
  /** The folder in `examples`, or the whole path of another. */
  readonly name: string
  /** `owner/name` */
  readonly repository: string
  readonly workflow: string
  /** The vendors' registries that it publishes to. Docker Hub is always there, for base images. */
  readonly registries: readonly string[]
  /** Users of Docker Hub, beside the first. */
  readonly hubUsers?: readonly string[]
  readonly bases: readonly string[]
  /** An image with the real Node and Git, to build on. */
  readonly nodeBase?: string
  /** The image by which BuildKit makes bills of materials, if it makes them. */
  readonly scanner?: string
  /** Whether a step sets up buildx, with a BuildKit behind it. */
  readonly builder: 'buildx' | 'buildah'
  readonly secrets?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, string>>
  readonly isPrivate?: boolean
  readonly sites?: Readonly<Record<string, Site>>
  /** Texts of shell scripts that stand in for programs of the hosted image. */
  readonly programs?: Readonly<Record<string, string>>
  /** What steps install: the text of a shell script, or the path of the program. */
  readonly tools?: Readonly<Record<string, string>>
}

/** An event of the example's repository. */
export interface ExampleEvent {
  readonly name: string
  readonly ref: string
  /** Another workflow of the repository than the first. */
  readonly workflow?: string
  /** The folder whose actions are used as `org/image-release@v1`; by default this project's. */
  readonly actions?: string
  readonly payload?: object
  readonly env?: Readonly<Record<string, string>>
  /** Runs for others have no secrets, and a token that reads; forks have no variables either. */
  readonly from?: 'fork' | 'dependabot'
  /** In place of those that the repository has. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, string>>
}

/** An example in a repository of its own, with everything that its workflow reaches, on this machine. */
export interface ExampleWorld {
  /** Where a person works, to change between runs. */
  readonly folder: string
  readonly git: HostedGit
  readonly internet: Internet
  readonly service: ResultsService
  readonly github: GithubServer
  readonly registries: ReadonlyMap<string, VendorRegistry>
  readonly view: RegistryView
  /** Docker as the machines of the runs have it. */
  readonly docker: DockerDaemon
  /** Variables for programs that read the registries. */
  readonly readerEnv: Readonly<Record<string, string>>
  /** The commit that the next run is for. */
  head(): string
  commit(files?: Readonly<Record<string, string>>): string
  /** Variables of a run on machines whose clocks are that many milliseconds ahead. */
  laterBy(milliseconds: number): Readonly<Record<string, string>>
  /** The text of a file of the repository. */
  read(file: string): string
  run(event: ExampleEvent): Promise<WorkflowEnd>
  /** The log of a run that succeeded; one that failed shows it. */
  succeed(run: Promise<WorkflowEnd>): Promise<string>
  stop(): Promise<void>
}

/** Opens an example. */
export async function openExample(options: ExampleOptions): Promise<ExampleWorld> {
  const temp = mkdtempSync(path.join(tmpdir(), 'example-'))
  const {repository} = options
  const hosts = [...new Set(['docker.io', ...options.registries])]
  const registries = await Promise.all(
    hosts.map(host => startVendorRegistry(host, repository, {hubUsers: options.hubUsers}))
  )
  const git = copyExample(options.name, temp)
  const github = await startHostedGithub(repository)
  const packages = Object.assign({}, ...registries.map(registry => registry.sites)) as Record<string, Site>
  const internet = await startInternet({
    ...packages,
    'github.com': githubSite(git, repository, options.isPrivate === true),
    'api.github.com': apiSite(packages['api.github.com'], github),
    ...options.sites
  })
  const readerEnv = {...internet.env, ...writeLogins(path.join(temp, 'logins'), registries)}
  await publishImages(options, readerEnv)
  const engines = await startEngines(options, internet)
  const parts: Parts = {
    git,
    internet,
    machines: engines.machines,
    service: await startResultsService(),
    actions: copyActions()
  }
  let runs = 0
  return {
    folder: git.folder,
    git,
    internet,
    github,
    service: parts.service,
    registries: new Map(registries.map(registry => [registry.host, registry])),
    view: viewRegistries(readerEnv),
    docker: engines.docker,
    readerEnv,
    head: () => git.head(),
    commit: files => git.commit(files),
    laterBy(milliseconds) {
      const file = path.join(temp, `later-by-${milliseconds}.cjs`)
      writeFileSync(file, `const now = Date.now\nDate.now = () => now() + ${milliseconds}\n`)
      return {NODE_OPTIONS: `${internet.env['NODE_OPTIONS'] ?? ''} --require ${file}`}
    },
    read: file => readFileSync(path.join(git.folder, file), 'utf8'),
    succeed,
    async run(event) {
      await engines.empty()
      return await runExample(options, event, {...parts, run: ++runs})
    },
    async stop() {
      parts.actions.dispose()
      await Promise.all([parts.service.stop(), engines.stop(), internet.stop(), github.stop()])
      await Promise.all(registries.map(registry => registry.stop()))
      rmSync(temp, {recursive: true, force: true})
    }
  }
}

async function publishImages(
  {bases, nodeBase, scanner}: ExampleOptions,
  readerEnv: Readonly<Record<string, string>>
): Promise<void> {
  const names = bases.map(name => `docker.io/library/${name}`)
  if (names.length > 0) await publishBaseImages(names, readerEnv)
  if (nodeBase !== undefined) await publishNodeBase(`docker.io/library/${nodeBase}`, readerEnv)
  if (scanner !== undefined) await publishScanner(`docker.io/${scanner}`, readerEnv)
}

interface Engines {
  readonly docker: DockerDaemon
  readonly machines: HostedMachines
  /** A run finds no images and no steps of the one before: its machines are new. */
  empty(): Promise<void>
  stop(): Promise<void>
}

async function startEngines(
  {builder, programs, tools}: ExampleOptions,
  internet: Internet
): Promise<Engines> {
  const docker: DockerDaemon = await startDockerDaemon(internet.env)
  const buildkit: BuildKit | undefined =
    builder === 'buildx' ? await startBuildKit([], internet.env) : undefined
  const machines = hostedMachines({
    docker: docker.address,
    ...(buildkit === undefined ? {} : {buildkit: buildkit.address}),
    ...(programs === undefined ? {} : {programs}),
    ...(tools === undefined ? {} : {tools})
  })
  return {
    docker,
    machines,
    async empty() {
      await docker.exec('docker', ['image', 'prune', '--all', '--force'])
      if (buildkit !== undefined)
        await docker.exec(component('buildctl'), ['--addr', buildkit.address, 'prune', '--all'])
    },
    async stop() {
      machines.stop()
      await Promise.all([docker.stop(), buildkit?.stop()])
    }
  }
}

/** One name for all of GitHub's API: packages are somewhere else than releases and pull requests. */
function apiSite(packages: Site | undefined, github: GithubServer): Site {
  return (incoming, answer) => {
    const isOfPackages = /^\/(orgs|users?)\b/.test(incoming.url ?? '')
    if (isOfPackages && typeof packages === 'function') packages(incoming, answer)
    else passOn(new URL(github.url), incoming, answer)
  }
}

async function succeed(run: Promise<WorkflowEnd>): Promise<string> {
  const {exitCode, log} = await run
  if (exitCode !== 0) throw new Error(`the workflow failed:\n${log}`)
  return log
}

interface Parts {
  readonly git: HostedGit
  readonly internet: Internet
  readonly machines: HostedMachines
  readonly service: ResultsService
  readonly actions: ProjectCopy
}

function runExample(
  options: ExampleOptions,
  event: ExampleEvent,
  parts: Parts & {readonly run: number}
): Promise<WorkflowEnd> {
  const {name, ref, payload, env, from, secrets = options.secrets, variables = options.variables} = event
  const {git, service, internet, machines, actions, run} = parts
  return runWorkflow({
    git,
    machines,
    file: `.github/workflows/${event.workflow ?? options.workflow}`,
    repository: options.repository,
    actor: from === 'dependabot' ? 'dependabot[bot]' : 'octocat',
    event: {name, ref, payload: {...payload, repository: {private: options.isPrivate === true}}},
    secrets: from === undefined ? (secrets ?? {}) : {},
    variables: from === 'fork' ? {} : (variables ?? {}),
    facts: {isReadOnly: from !== undefined, isFork: from === 'fork'},
    env: {...internet.env, ...service.env(`run-${run}`), ...env},
    actions: {'org/image-release': event.actions ?? actions.folder}
  })
}

/** The actions and the reusable workflow, to be used as `org/image-release@v1`. */
export function copyActions(): ProjectCopy {
  const copy = copyProject(
    file => /^(dist|[\w-]+\/action\.yml|action\.yml|\.github\/workflows)/.test(file),
    'none'
  )
  spellOutOwnActions(copy.folder, action => `org/image-release/${action}@v1`)
  for (const folder of ['.git', 'dist']) rmSync(path.join(copy.folder, folder), {recursive: true})
  symlinkSync(path.join(ROOT, 'dist'), path.join(copy.folder, 'dist'))
  return copy
}

function copyExample(name: string, temp: string): HostedGit {
  const folder = path.join(temp, 'repository')
  cpSync(path.resolve(ROOT, 'examples', name), folder, {recursive: true})
  return hostedGit(folder, path.join(temp, 'repository.git'))
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
