// compute-tags as the process that a runner starts, beside docker/metadata-action's bundle where one is given.
import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {startLoopback} from './loopback.mjs'
import {measure} from './measure.mjs'

const ROOT = path.resolve(import.meta.dirname, '..')
const RULES = [
  'type=semver,pattern={{version}}',
  'type=semver,pattern={{major}}.{{minor}}',
  'type=semver,pattern={{major}}',
  'type=sha',
  "type=raw,value=built-{{date 'YYYYMMDD'}}"
].join('\n')

/** Variables of a runner that handles the push of a tag. */
function variables(host) {
  return {
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'ada',
    GITHUB_API_URL: `http://${host}`,
    GITHUB_EVENT_NAME: 'push',
    GITHUB_EVENT_PATH: path.join(ROOT, '__tests__/fixtures/events/push-tag.json'),
    GITHUB_REF: 'refs/tags/v1.2.3',
    GITHUB_REPOSITORY: 'octo/hello',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: '860c1904a1ce19322e91ac35af1ab07466440c37'
  }
}

/** A step with these inputs, which must give the tag of the version. */
function step(name, file, env, inputs) {
  const given = Object.entries(inputs).map(([input, value]) => [`INPUT_${input.toUpperCase()}`, value])
  const check = ({GITHUB_OUTPUT}) => {
    if (!/:1\.2\.3$/m.test(readFileSync(GITHUB_OUTPUT, 'utf8'))) throw new Error(`${name} gave no tag`)
  }
  return {name, args: [file], env: {...env, ...Object.fromEntries(given)}, check}
}

/** The lines of the report, and whether the aim was met. */
export async function benchComputeTags({dist, metadataAction, runs}) {
  const stub = await startLoopback()
  try {
    const env = variables(stub.host)
    const inputs = {images: 'ghcr.io/octo/hello\nocto/hello', tags: RULES, 'github-token': 'none'}
    const ours = path.join(dist, 'compute-tags.js')
    const programs = [
      {name: 'node -e 0', args: ['-e', '0']},
      step('compute-tags, ask: never', ours, env, {...inputs, ask: 'never'}),
      step('compute-tags, asking a registry', ours, env, {
        ...inputs,
        images: `${stub.host}/octo/hello`,
        ask: 'auto'
      }),
      ...(metadataAction === undefined ? [] : [step('metadata-action', metadataAction, env, inputs)])
    ]
    for (const {args} of programs.slice(1))
      if (!existsSync(args[0])) throw new Error(`${args[0]} is not there`)
    return report(await measure(programs, runs), programs)
  } finally {
    stub.close()
  }
}

/** The most that each may take of the time of metadata-action. */
const AIMS = new Map([
  ['compute-tags, ask: never', 0.32],
  ['compute-tags, asking a registry', 0.5]
])

function report(times, programs) {
  const node = times.get('node -e 0')
  const peer = times.get('metadata-action')
  const lines = programs.map(({name}) => {
    const time = times.get(name)
    const beside = peer === undefined ? '' : `  ${(time / peer).toFixed(2)} x metadata-action`
    return `${name.padEnd(34)}${time.toFixed(0).padStart(5)} ms${(time / node).toFixed(2).padStart(6)} x node -e 0${beside}`
  })
  const isMet = peer === undefined || [...AIMS].every(([name, most]) => times.get(name) <= most * peer)
  return {lines, isMet, aim: [...AIMS].map(([name, most]) => `${name}: ${most} x metadata-action`).join('; ')}
}
