import {command} from '../command/command.js'
import {flag, parsed} from '../command/input.js'
import {InputError, ReleaseError} from '../errors.js'
import {formatPlatform} from '../oci/platform.js'
import {type Reference, formatReference, parseReference, parseTag} from '../oci/reference.js'
import type {LocalImage} from '../ports.js'
import {remoteImage} from '../registry/images/remote-image.js'
import {withPrivateFolder} from '../shared/temp-folder.js'
import type {BuildJob} from './build-job.js'
import {buildImage} from './build-image.js'
import {checkInputs} from './build-request.js'
import {type BuildTools, findTools} from './build-tools.js'
import {readBuiltImage, readConfigDocument} from './builders/built-image.js'
import type {RegistryImage} from './builders/image-source.js'
import {choosePlatform} from './builders/platform-choice.js'
import {type BuildInputs, buildInputs} from './inputs/build-inputs.js'
import {type ComparedImage, type Difference, differenceLines, differencesOf} from './rebuild-difference.js'

/** Builds what is published again, and says what is not the same. */
export const rebuild = command({
  name: 'rebuild',
  summary: 'Build an image again and compare it with what is published, by digest.',
  description:
    'Builds as build-by-digest does, with its settings, from no cache and without a push, at the commit that is checked out. Where the digest is not that of the published image, it says which layer differs, in its files or only in how it is packed, and which field of the config. With --check that is an error.',
  settings: {of: 'build-by-digest'},
  inputs: {
    ...buildInputs,
    published: parsed(
      {
        summary:
          'The published image, REPOSITORY:TAG or REPOSITORY@DIGEST. Default: the first image and the first tag of the plan.',
        placeholder: 'REFERENCE'
      },
      parseReference
    ),
    check: flag({summary: 'Fail where what was built is not what is published.'})
  },
  outputs: {
    same: 'true where every platform has the digest that is published.',
    differences: 'JSON: for each platform what differs, with the published and the built value.'
  },
  prints: 'differences',
  examples: [
    {
      line: 'image-release rebuild --check --published ghcr.io/o/app:1.2.3 --images ghcr.io/o/app --platforms linux/amd64',
      remark: 'Prove that the source makes what is published'
    },
    {
      line: 'image-release rebuild --check --plan plan.json --platforms linux/amd64',
      remark: 'The same, of a plan'
    }
  ],
  async run(given, ports) {
    const asked = {...given, ...UNPUBLISHED, push: false}
    const checked = checkInputs(asked, ports)
    const comparisons = checked.jobs.map(job => ({job, published: publishedOf(given, job)}))
    const tools = await findTools(asked, ports, checked)
    const found: {platform: string; differences: Difference[]}[] = []
    for (const comparison of comparisons)
      found.push({
        platform: formatPlatform(comparison.job.platform),
        differences: await compare(asked, comparison, tools)
      })
    const different = found.filter(({differences}) => differences.length > 0)
    const outputs = {same: String(different.length === 0), differences: JSON.stringify(found)}
    if (!given.check || different.length === 0) return outputs
    throw new ReleaseError(
      'DIGEST_MISMATCH',
      `what was built is not what is published: ${different.map(({platform, differences}) => `${platform}: ${differences.map(({part}) => part).join(', ')}`).join('; ')}`,
      {
        outputs,
        hint: 'Check out the commit of the release, pin base images by digest, and take the same builder in the same version; docs/builds.md says what else tells two builds apart.'
      }
    )
  }
})

/** A step that comes from a cache proves nothing, and nothing of this build is for others. */
const UNPUBLISHED = {'no-cache': true, cache: [], 'cache-from': [], 'cache-to': []} as const

interface Comparison {
  readonly job: BuildJob
  readonly published: RegistryImage
}

async function compare(
  given: BuildInputs,
  {job, published: {repository, reference}}: Comparison,
  tools: BuildTools
): Promise<Difference[]> {
  const name = formatReference(repository, reference)
  const found = await remoteImage(tools.registries.repository(repository, 'pull'), reference)
  const before = await readForComparison(await choosePlatform(found, job.platform))
  return await withPrivateFolder(async folder => {
    const now = await readForComparison((await buildImage(given, {job, folder}, tools)).image)
    const differences = differencesOf(before, now)
    const title = `${formatPlatform(job.platform)}: ${now.manifest.digest}`
    const {reporter} = tools.ports
    if (differences.length === 0) reporter.info(`${title} is what ${name} has.`)
    else reporter.warning(`${title} is not what ${name} has, ${before.manifest.digest}`)
    for (const line of differenceLines(differences)) reporter.info(`  ${line}`)
    return differences
  })
}

async function readForComparison(image: LocalImage): Promise<ComparedImage> {
  const built = await readBuiltImage(image)
  return {...built, configDocument: await readConfigDocument(image, built)}
}

/** @throws InputError where neither the input nor a plan names it */
function publishedOf({published, plan}: Given, job: BuildJob): RegistryImage {
  const [image] = job.images
  const planned = plan?.targets.find(({name}) => name === job.target)?.tags[0]?.name
  const repository = published?.repository ?? image
  const tag = planned === undefined ? undefined : parseTag(planned)
  const reference = published === undefined ? tag : (published.digest ?? published.tag)
  if (repository !== undefined && reference !== undefined) return {repository, reference}
  const message =
    published === undefined
      ? 'is required where no plan names a tag: REPOSITORY:TAG or REPOSITORY@DIGEST'
      : 'names no tag and no digest: write REPOSITORY:TAG or REPOSITORY@DIGEST'
  throw new InputError([{input: 'published', message}])
}

type Given = BuildInputs & {readonly published?: Reference | undefined}
