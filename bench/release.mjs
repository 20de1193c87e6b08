// A whole release in one process, beside the same steps as commands of their own, one after the other.
import {spawn, spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {performance} from 'node:perf_hooks'
import {end} from './registry-process.mjs'
import {median} from './measure.mjs'

const PLATFORMS = ['amd64', 'arm64']
const OCI = 'application/vnd.oci.image'

/** The lines of the report, and whether the aim was met. */
export async function benchRelease({dist, runs}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-release-'))
  const cli = path.join(dist, 'cli.js')
  const registry = await startRegistry(cli)
  try {
    makeRepository(folder)
    const [whole, steps] = [[], []]
    for (let run = -1; run < runs; run++) {
      const one = timeWhole(cli, folder, `${registry.host}/bench/whole${run + 1}`)
      const many = timeSteps(cli, folder, `${registry.host}/bench/steps${run + 1}`)
      if (run < 0) continue
      whole.push(one)
      steps.push(many)
    }
    return report(median(whole), median(steps))
  } finally {
    await end(registry.child)
    rmSync(folder, {recursive: true, force: true})
  }
}

function report(whole, steps) {
  const share = whole / steps
  const lines = [
    `release                 ${(whole / 1000).toFixed(2).padStart(6)} s`,
    `its steps as commands   ${(steps / 1000).toFixed(2).padStart(6)} s`,
    `share                   ${share.toFixed(2).padStart(6)}`
  ]
  return {lines, isMet: share <= 1, aim: 'at most the time of its steps as commands of their own'}
}

function timeWhole(cli, folder, image) {
  return timed(() => run(cli, folder, ['release', '--config', settings(folder, image), '--json']))
}

/** The steps that a release has, each as it is called by itself; platforms one after the other, as on one machine. */
function timeSteps(cli, folder, image) {
  const config = ['--config', settings(folder, image)]
  const keep = (name, text) => {
    writeFileSync(path.join(folder, name), text)
    return name
  }
  return timed(() => {
    const plan = [
      '--plan',
      keep('plan.json', run(cli, folder, ['compute-tags', ...config, '--output', 'plan']))
    ]
    run(cli, folder, ['preflight', ...config, ...plan])
    for (const architecture of PLATFORMS)
      run(cli, folder, ['build-by-digest', ...config, ...plan, '--platforms', `linux/${architecture}`])
    const merged = run(cli, folder, ['merge-manifest', ...config, ...plan, '--output', 'release'])
    const release = ['--release', keep('release.json', merged)]
    const report = run(cli, folder, ['verify-release', ...config, ...release, '--output', 'report'])
    const found = ['--report', keep('report.json', report)]
    run(cli, folder, ['release-notes', ...config, ...release, ...found, '--write-to', 'file'])
    run(cli, folder, ['cleanup-latest', '--yes', ...config, ...release])
  })
}

function timed(work) {
  const begun = performance.now()
  work()
  return performance.now() - begun
}

function run(cli, cwd, args) {
  const env = {PATH: process.env.PATH, HOME: cwd}
  const {status, stdout, stderr} = spawnSync(process.execPath, [cli, ...args], {cwd, env, encoding: 'utf8'})
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}:\n${stderr}`)
  return stdout
}

function settings(folder, image) {
  const file = path.join(folder, 'settings.yml')
  const source = path.join(folder, 'image')
  writeFileSync(file, `images: ${image}\nstrategy: release\nbuild-by-digest: {source: ${source}}\n`)
  return file
}

/** A commit with a Git tag, and beside it an image of two platforms that another tool has built. */
function makeRepository(folder) {
  const git = (...args) => {
    const author = ['-c', 'user.name=x', '-c', 'user.email=x@example.com']
    return spawnSync('git', ['-C', folder, ...author, ...args], {encoding: 'utf8'}).stdout.trim()
  }
  writeFileSync(path.join(folder, '.gitignore'), '*\n')
  git('init', '--quiet')
  git('commit', '--quiet', '--allow-empty', '--message', 'first')
  git('tag', 'v1.0.0')
  const labels = {'org.opencontainers.image.revision': git('rev-parse', 'HEAD')}
  const layout = path.join(folder, 'image')
  mkdirSync(path.join(layout, 'blobs/sha256'), {recursive: true})
  const keep = (mediaType, bytes) => {
    const hex = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(path.join(layout, 'blobs/sha256', hex), bytes)
    return {mediaType, digest: `sha256:${hex}`, size: bytes.length}
  }
  const json = document => Buffer.from(JSON.stringify(document))
  const manifests = PLATFORMS.map(architecture => {
    const layer = Buffer.from(`layer of ${architecture}`)
    const diff = `sha256:${createHash('sha256').update(layer).digest('hex')}`
    const platform = {os: 'linux', architecture}
    const document = {...platform, config: {Labels: labels}, rootfs: {type: 'layers', diff_ids: [diff]}}
    const config = keep(`${OCI}.config.v1+json`, json(document))
    const layers = [keep(`${OCI}.layer.v1.tar`, layer)]
    const mediaType = `${OCI}.manifest.v1+json`
    return {...keep(mediaType, json({schemaVersion: 2, mediaType, config, layers})), platform}
  })
  writeFileSync(path.join(layout, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}')
  writeFileSync(path.join(layout, 'index.json'), json({schemaVersion: 2, manifests}))
}

/** The registry that image-release brings, as a process of its own. */
async function startRegistry(cli) {
  const env = {PATH: process.env.PATH, HOME: tmpdir()}
  const stdio = ['ignore', 'pipe', 'pipe']
  const child = spawn(process.execPath, [cli, 'registry', '--port', '0'], {env, stdio})
  const host = await new Promise((resolve, reject) => {
    let said = ''
    const listen = chunk => {
      said += chunk
      const found = /127\.0\.0\.1:\d+/.exec(said)?.[0]
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('exit', () => reject(new Error(`the registry did not start:\n${said}`)))
  })
  return {child, host}
}
