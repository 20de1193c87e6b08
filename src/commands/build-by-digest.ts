import {findContainerfile} from '../builders/build-context.js'
import type {BuildRequest} from '../builders/builder.js'
import {type BuilderChoice, chooseBuilder} from '../builders/builder-choice.js'
import {parseBuilderWish} from '../builders/builder-wish.js'
import {readBuiltImage} from '../builders/built-image.js'
import {withOutputFolder} from '../builders/output-folder.js'
import {type InputIssue, InputError, messageOf} from '../errors.js'
import {parseAnnotation} from '../inputs/annotation.js'
import {parseBuildArgument} from '../inputs/build-argument.js'
import {type InputValues, choice, flag, lines, list, parsed, text} from '../inputs/input.js'
import {parseKeyValue} from '../inputs/key-value.js'
import {formatPlatform, parsePlatform} from '../oci/platform.js'
import {type Repository, formatRepository} from '../oci/reference.js'
import type {BuildSettings} from '../plan/plan.js'
import type {LocalImage, Ports} from '../ports.js'
import {pushImage} from '../registry/image-push.js'
import type {Registries} from '../registry/registries.js'
import {type BuildJob, findBuildJobs} from '../release/build-job.js'
import {
  type BuildView,
  type PushView,
  buildLines,
  buildOutputs,
  buildSummary
} from '../reports/build-summary.js'
import {formatDigestRecord} from '../release/digest-record.js'
import {command} from './command.js'
import {openRegistries} from './open-registries.js'
import {insecure, registryCredentials} from './registry-inputs.js'
import {images, plan} from './shared-inputs.js'

const inputs = {
  context: text({
    summary: 'The folder to build, or a Git address. Default: what the plan says, else the current folder.',
    placeholder: 'PATH|URL'
  }),
  file: text({
    summary:
      'The Containerfile. Default: what the plan says, else Containerfile, then Dockerfile, in the context.',
    placeholder: 'PATH'
  }),
  target: text({
    summary: 'The stage of the Containerfile to build. Default: what the plan says, else the last.',
    placeholder: 'STAGE'
  }),
  platforms: list(
    {
      summary:
        'The platform to build. With a plan it may be several, built one after the other; where the plan has only one, it may be left out.',
      placeholder: 'PLATFORM'
    },
    parsePlatform
  ),
  'build-args': lines(
    {
      summary:
        'Arguments of the build, NAME=VALUE, one a line, beside those of the plan. Not for secrets: they stay in the image.'
    },
    parseBuildArgument
  ),
  labels: lines(
    {summary: 'Labels as key=value, beside those of the plan.', placeholder: 'KEY=VALUE'},
    parseKeyValue
  ),
  annotations: lines(
    {summary: 'Annotations of the image as key=value, beside those of the plan.', placeholder: 'KEY=VALUE'},
    parseAnnotation
  ),
  'no-cache': flag({summary: 'Build every step anew.'}),
  pull: flag({summary: 'Ask the registry for base images even where they stand on this machine.'}),
  builder: parsed(
    {
      summary:
        'What to build with: auto (buildx, buildah or podman, what works here), one of these, or the name of an instance of buildx.',
      placeholder: 'BUILDER',
      default: 'auto'
    },
    parseBuilderWish
  ),
  format: choice(['oci', 'docker'], {
    summary: 'Media types of the image. podman and buildah keep a HEALTHCHECK in format docker only.',
    default: 'oci'
  }),
  plan,
  'plan-target': text({
    summary: "The plan's name of the image to build. Where the plan has only one, it may be left out.",
    placeholder: 'TARGET'
  }),
  images,
  record: parsed(
    {
      summary: 'The name of the digest record, for use without a plan. Default: digest-<os>-<architecture>.',
      placeholder: 'NAME'
    },
    parseRecordName
  ),
  insecure,
  'registry-credentials': registryCredentials
}

type Inputs = InputValues<typeof inputs>

/** Builds one image for one platform and pushes it by digest. */
export const buildByDigest = command({
  name: 'build-by-digest',
  summary: 'Build one platform of an image and push it to every registry by digest, without any tag.',
  description:
    'Builds with buildx, buildah or podman, whichever is there, and exports the image once, so that every registry gets the same bytes and the same digest. Pushes it without a tag, and when it is wholly there on every registry, hands its digest over to merge-manifest. Where the plan says that nothing is pushed, it only builds.',
  inputs,
  outputs: {
    digest: 'The digest of the image; of several platforms one a line, as in all outputs.',
    imageid: 'The digest of its config.',
    record: 'The name under which the digest was handed over; empty where the plan only builds.',
    images: 'One REPOSITORY@DIGEST a line; empty where the plan only builds.',
    metadata: 'JSON, with the keys of the output metadata of build-push-action.'
  },
  examples: [
    {
      line: 'image-release build-by-digest --plan plan.json --platforms linux/arm64',
      remark: 'Build what the plan says, for one platform'
    },
    {
      line: 'image-release build-by-digest --images ghcr.io/o/app --platforms linux/amd64 --format docker',
      remark: 'Without a plan; the record is digest-linux-amd64'
    }
  ],
  async run(given, ports) {
    const jobs = checkInputs(given)
    const tools = await findTools(given, ports)
    const views: BuildView[] = []
    for (const job of jobs) {
      const view = await withOutputFolder(folder => buildAndPush(given, job, folder, tools))
      for (const line of buildLines(view)) ports.reporter.info(line)
      ports.reporter.summary(buildSummary(view))
      if (job.push) await handOver(view, ports)
      views.push(view)
    }
    return buildOutputs(views)
  }
})

/** Everything that can be wrong before a builder is asked, at once. */
function checkInputs(given: Inputs): readonly BuildJob[] {
  const issues: InputIssue[] = []
  const attempt = <T>(check: () => T): T | undefined => {
    try {
      return check()
    } catch (fault) {
      if (!(fault instanceof InputError)) throw fault
      issues.push(...fault.issues)
      return undefined
    }
  }
  const jobs = attempt(() => findBuildJobs(given))
  attempt(() => findContainerfile(sourceOf(given, jobs?.[0]?.build)))
  if (jobs !== undefined && issues.length === 0) return jobs
  throw new InputError(issues)
}

/** What all platforms of one call are built and pushed with. */
interface BuildTools extends BuilderChoice {
  readonly registries: Registries
  readonly ports: Ports
}

async function findTools(given: Inputs, ports: Ports): Promise<BuildTools> {
  const choice = await chooseBuilder(given.builder ?? 'auto', ports)
  ports.reporter.info(`Builder: ${choice.reason}.`)
  return {...choice, ports, registries: openRegistries(given, ports)}
}

async function buildAndPush(
  given: Inputs,
  job: BuildJob,
  folder: string,
  tools: BuildTools
): Promise<BuildView> {
  const {builder, version, ports} = tools
  const start = ports.clock.now()
  const image = await ports.reporter.group(`Build ${formatPlatform(job.platform)}`, () =>
    builder.build(requestOf(given, job, folder))
  )
  const buildMilliseconds = ports.clock.now() - start
  const {document, configDigest} = await readBuiltImage(image)
  if (!job.push)
    ports.reporter.notice('The plan builds only: nothing is pushed, and no digest is handed over.')
  return {
    job,
    builder: `${builder.name} ${version}`,
    root: image.root,
    image: document,
    configDigest,
    buildMilliseconds,
    pushes: await pushEverywhere(image, job, tools)
  }
}

function requestOf(given: Inputs, job: BuildJob, outputFolder: string): BuildRequest {
  const {format, pull, insecure: insecureRegistries} = given
  const target = given.target?.trim() ?? job.build?.target
  const annotations = given.annotations.filter(({isOfManifest}) => isOfManifest)
  return {
    ...sourceOf(given, job.build),
    ...(target === undefined ? {} : {target}),
    platform: job.platform,
    format,
    buildArgs: [...(job.build?.args ?? []), ...given['build-args']],
    labels: {...job.labels, ...Object.fromEntries(given.labels)},
    annotations: {...job.annotations, ...Object.fromEntries(annotations.map(({key, value}) => [key, value]))},
    noCache: given['no-cache'],
    pull,
    ...(job.sourceDateEpoch === undefined ? {} : {sourceDateEpoch: job.sourceDateEpoch}),
    insecureRegistries,
    outputFolder
  }
}

/** What is built: what the inputs say, else the plan. */
function sourceOf(
  given: Pick<Inputs, 'context' | 'file'>,
  planned: BuildSettings = {}
): Pick<BuildRequest, 'context' | 'file'> {
  const file = given.file?.trim() ?? planned.file
  return {
    context: given.context?.trim() ?? planned.context ?? '.',
    ...(file === undefined ? {} : {file})
  }
}

/** Pushes to all registries side by side. All are let come to their end, so that each says what is wrong with it. */
async function pushEverywhere(
  image: LocalImage,
  {repositories}: BuildJob,
  {registries, ports}: BuildTools
): Promise<PushView[]> {
  const results = await Promise.allSettled(
    repositories.map(async repository => {
      const start = ports.clock.now()
      const pushed = await pushImage(registries.repository(repository, 'pull,push'), image)
      return {...pushed, milliseconds: ports.clock.now() - start}
    })
  )
  const failures = results.flatMap((result, at): {repository: Repository; reason: unknown}[] => {
    const repository = repositories[at]
    return result.status === 'rejected' && repository !== undefined
      ? [{repository, reason: result.reason}]
      : []
  })
  const [first, ...others] = failures
  if (first === undefined)
    return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  for (const {repository, reason} of others)
    ports.reporter.warning(`${formatRepository(repository)}: ${messageOf(reason)}`)
  throw first.reason
}

/** Keeps the digest for merge-manifest. Only now: a record says that the image is wholly there on every registry. */
async function handOver({job, root}: BuildView, ports: Ports): Promise<void> {
  const place = await ports.digests.save(job.record, formatDigestRecord(root.digest))
  ports.reporter.info(`The digest is handed over as ${job.record} (${place}).`)
}

function parseRecordName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/.test(name.trim())) return name.trim()
  const message = `${JSON.stringify(name)} is not the name of a record: letters, digits, "_", "." and "-"`
  throw new InputError([{input: 'record', message}])
}
