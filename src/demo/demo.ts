import {chooseBuilder} from '../building/builders/builder-choice.js'
import {parseProgramWish} from '../building/builders/builder-wish.js'
import {flag, parsed, text} from '../command/input.js'
import {type Repository, formatReference} from '../oci/reference.js'
import type {Ports} from '../ports.js'
import {Registries} from '../registry/client/registries.js'
import {listTags} from '../registry/client/tag-list.js'
import {type FinalTag, type StepTime, tagLines, timeLines} from './demo-report.js'
import {type SampleRegistry, startSampleRegistries} from './sample-registries.js'
import {openSampleRepository} from './sample-repository.js'
import {verifyTags} from '../publishing/verify/verification.js'
import {command} from '../command/command.js'
import {runDemoRelease} from './demo-release.js'

const NAME = 'demo/hello'
const VERSIONS = ['1.0.0', '1.1.0'] as const

const inputs = {
  source: text({
    summary: 'The folder of the sample application.',
    placeholder: 'FOLDER',
    default: 'examples/hello'
  }),
  builder: parsed(
    {summary: 'What to build with, as build-by-digest takes it.', placeholder: 'BUILDER', default: 'auto'},
    wish => ({text: wish, wish: parseProgramWish(wish)})
  ),
  verbose: flag({summary: 'Show all that the steps say.'}),
  keep: flag({summary: 'Leave the registries running until Ctrl-C, so that the images can be pulled.'})
}

/** Shows a whole release on one machine, with real builds and real registries. */
export const demo = command({
  name: 'demo',
  summary: 'Release a sample application twice to two registries on this machine, and show what is there.',
  description:
    'Starts two embedded registries with different authentication, releases the sample application as v1.0.0 and then as v1.1.0 (plan, build of two platforms by digest, merge, verify, clean-up), and shows tags, digests and times. Nothing is left running.',
  inputs,
  outputs: {},
  examples: [
    {line: 'image-release demo', remark: 'with the builder that is there'},
    {
      line: 'image-release demo --builder podman --keep',
      remark: 'with podman, and time to pull what was released'
    }
  ],
  async run({source = '', builder, verbose, keep}, ports) {
    const choice = await chooseBuilder(builder?.wish ?? 'auto', ports)
    const registries = await startSampleRegistries()
    try {
      introduce(source, {registries, builder: choice.reason}, ports)
      const times = await releaseAll(
        {source, builder: builder?.text ?? 'auto', isVerbose: verbose},
        registries,
        ports
      )
      const tags = await readFinalTags(registries, ports)
      for (const line of conclusion(tags, times, registries)) ports.reporter.info(line)
      if (keep) await keepRunning(tags, registries, ports)
      else
        ports.reporter.info(
          '\nThe registries have stopped. With --keep they keep running, and you can pull from them.'
        )
      return {}
    } finally {
      await Promise.all(registries.map(registry => registry.close()))
    }
  }
})

interface DemoOptions {
  readonly source: string
  readonly builder: string
  readonly isVerbose: boolean
}

/** The ports of the demo: records in memory, the logins of its own registries, and nobody who is asked. */
function demoPorts(registries: readonly SampleRegistry[], ports: Ports): Ports {
  const records = new Map<string, Uint8Array>()
  return {
    ...ports,
    digests: {
      save: (name, record) => {
        records.set(name, record)
        return Promise.resolve(`${record.length} bytes, in memory`)
      },
      load: names => Promise.resolve(new Map([...records].filter(([name]) => names.includes(name)))),
      find: () => Promise.resolve(undefined)
    },
    confirm: () => Promise.resolve(true),
    journal: {save: name => Promise.resolve(`${name}, in memory`), find: () => Promise.resolve([])},
    credentials: host => Promise.resolve(registries.find(registry => registry.host === host)?.credential)
  }
}

async function releaseAll(
  options: DemoOptions,
  registries: readonly SampleRegistry[],
  ports: Ports
): Promise<StepTime[]> {
  const repository = await openSampleRepository(options.source, ports.exec)
  const images = registries.map(({host}) => `${host}/${NAME}`)
  const times: StepTime[] = []
  try {
    for (const version of VERSIONS) {
      const run = await repository.tagVersion(version)
      ports.reporter.info(`\nRelease v${version}`)
      const release = {version, run, context: repository.folder, images, ...options}
      times.push(...(await runDemoRelease(release, demoPorts(registries, ports))))
    }
  } finally {
    await repository.remove()
  }
  return times
}

/** Says what is going to happen, before anything does. */
function introduce(
  source: string,
  {registries, builder}: {readonly registries: readonly SampleRegistry[]; readonly builder: string},
  {reporter}: Ports
): void {
  const versions = VERSIONS.map(version => `v${version}`).join(' and then ')
  const lines = [
    `This releases ${source} twice, as ${versions}.`,
    'Each version is built for two platforms, pushed to two registries on this machine,',
    'tagged and verified. Then the clean-up keeps one version, so that you see a deletion:',
    'v1.0.0 goes. Your own versions stay, unless you set keep-versions.',
    'No account is needed, nothing is asked, and nothing is left running.',
    '',
    ...registries.map(({host, auth}) => `Registry ${host} ${auth}.`),
    `Builder: ${builder}.`
  ]
  for (const line of lines) reporter.info(line)
}

/** Reads the registries anew, as one who pulls would. */
async function readFinalTags(registries: readonly SampleRegistry[], ports: Ports): Promise<FinalTag[]> {
  const reading = new Registries(demoPorts(registries, ports))
  const clients = registries.map(registry => reading.repository(repositoryOf(registry), 'pull'))
  const names = [...new Set((await Promise.all(clients.map(listTags))).flat())].sort().reverse()
  return await Promise.all(
    names.map(async tag => {
      const reports = await verifyTags(
        clients.map(client => ({client, tag})),
        {...ports, milliseconds: 0}
      )
      return {
        tag,
        platforms: [...new Set(reports.flatMap(({platforms}) => platforms))],
        digests: reports.map(({digest}) => digest)
      }
    })
  )
}

function conclusion(
  tags: readonly FinalTag[],
  times: readonly StepTime[],
  registries: readonly SampleRegistry[]
): string[] {
  const hosts = registries.map(({host}) => host)
  return [
    '\nWhat is there now: each tag has the same digest on both registries',
    ...tagLines(tags, hosts),
    '\nHow long it took',
    ...timeLines(times)
  ]
}

async function keepRunning(
  tags: readonly FinalTag[],
  registries: readonly SampleRegistry[],
  {reporter, signal}: Ports
): Promise<void> {
  const newest = VERSIONS.at(-1) ?? ''
  const [digest] = tags.flatMap(({tag, digests}) => (tag === newest ? digests : []))
  const lines = registries.flatMap(registry => [
    `  docker login ${registry.host} --username ${registry.credential.username} --password ${registry.credential.password}`,
    `  docker pull ${registry.host}/${NAME}:${newest}`,
    ...(digest === undefined ? [] : [`  docker pull ${formatReference(repositoryOf(registry), digest)}`])
  ])
  for (const line of ['\nHow to pull it, until you stop the registries with Ctrl-C', ...lines])
    reporter.info(line)
  await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), {once: true}))
}

function repositoryOf({host}: SampleRegistry): Repository {
  return {registry: host, name: NAME}
}
