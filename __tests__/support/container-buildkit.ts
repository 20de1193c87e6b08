import {execFileSync} from 'node:child_process'
import {copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execWithEnvironment} from './builder-ports.js'
import type {BuildKit} from './buildkit.js'
import {component, rootFilesystem} from './components.js'
import {DOCKER_DAEMON, type DockerDaemon, startDockerDaemon} from './docker-daemon.js'

/** What a BuildKit in a container of docker needs. */
export const CONTAINER_BUILDKIT = [
  ...DOCKER_DAEMON,
  'buildkitd',
  'buildctl',
  'runc',
  'docker-buildx'
] as const

const INSTANCE = 'test'
/** Nothing answers there, so that the image that docker has is taken. */
const IMAGE = '127.0.0.1:1/moby/buildkit:test'

/**
 * Starts docker, and a builder of buildx with the driver `docker-container`: BuildKit in a container, of the programs that
 * `script/components` has made. It shares the network of this machine, and nothing of its files.
 */
export async function startContainerBuildKit(httpRegistries: readonly string[] = []): Promise<BuildKit> {
  const folder = mkdtempSync(path.join(tmpdir(), 'cbk-'))
  const docker = await startDockerDaemon()
  const env = {DOCKER_HOST: docker.address, DOCKER_CONFIG: path.join(folder, 'docker')}
  const run = async (args: readonly string[]): Promise<void> => {
    const {exitCode, stderr} = await execWithEnvironment(env)(component('docker-buildx'), args)
    if (exitCode !== 0) throw new Error(`docker-buildx ${args.join(' ')} failed: ${stderr}`)
  }
  const stop = async (): Promise<void> => {
    await run(['rm', '--force', INSTANCE]).catch(() => undefined)
    await docker.stop()
    rmSync(folder, {recursive: true, force: true})
  }
  try {
    await importImage(docker, folder)
    plugInBuildx(env)
    const config = path.join(folder, 'buildkitd.toml')
    writeFileSync(
      config,
      httpRegistries.map(registry => `[registry."${registry}"]\n  http = true\n`).join('')
    )
    const options = [`image=${IMAGE}`, 'network=host'].flatMap(option => ['--driver-opt', option])
    await run([
      ...['create', '--name', INSTANCE, '--use', '--driver', 'docker-container', ...options],
      ...['--buildkitd-config', config, '--bootstrap']
    ])
    return {instance: INSTANCE, env, address: '', stop}
  } catch (fault) {
    await stop()
    throw fault
  }
}

/** Lets buildx be found as a plugin of docker. */
export function plugInBuildx(env: {readonly DOCKER_CONFIG: string}): void {
  const plugins = path.join(env.DOCKER_CONFIG, 'cli-plugins')
  mkdirSync(plugins, {recursive: true})
  symlinkSync(component('docker-buildx'), path.join(plugins, 'docker-buildx'))
}

/** What BuildKit fetches from Git with; it comes from the system. */
function gitPrograms(): string[] {
  const ask = (program: string, args: readonly string[]): string =>
    execFileSync(program, args, {encoding: 'utf8'}).trim()
  return [ask('which', ['git']), path.join(ask('git', ['--exec-path']), 'git-remote-http')]
}

/** An image as moby/buildkit has it: the daemon, its client, runc and Git, with the libraries that they are linked with. */
async function importImage({exec}: DockerDaemon, folder: string): Promise<void> {
  const root = path.join(folder, 'root')
  const add = (from: string, to: string): void => {
    mkdirSync(path.dirname(path.join(root, to)), {recursive: true})
    copyFileSync(from, path.join(root, to))
  }
  for (const empty of ['proc', 'sys', 'dev', 'run', 'tmp', 'var/lib', 'etc'])
    mkdirSync(path.join(root, empty), {recursive: true})
  execFileSync('tar', ['-C', root, '-xf', rootFilesystem(process.arch === 'arm64' ? 'arm64' : 'amd64')])
  for (const program of ['buildkitd', 'buildctl', 'runc']) add(component(program), `usr/bin/${program}`)
  const git = gitPrograms()
  for (const program of git) add(program, program)
  for (const program of [component('runc'), ...git]) {
    const linked = execFileSync('ldd', [program], {encoding: 'utf8'})
    for (const library of linked.match(/\/\S+/g) ?? []) add(library, library)
  }
  const archive = path.join(folder, 'image.tar')
  execFileSync('tar', ['-C', root, '--numeric-owner', '--owner=0', '--group=0', '-cf', archive, '.'])
  const changes = ['ENTRYPOINT ["buildkitd"]', 'ENV PATH=/usr/bin:/bin'].flatMap(line => ['--change', line])
  const {exitCode, stderr} = await exec('docker', ['import', ...changes, archive, IMAGE])
  if (exitCode !== 0) throw new Error(`the image of BuildKit could not be made: ${stderr}`)
  rmSync(root, {recursive: true, force: true})
  rmSync(archive, {force: true})
}
