import {withOutputFolder} from '../builders/output-folder.js'
import type {Ports} from '../ports.js'
import {formatDigestRecord} from '../release/digest-record.js'
import {type BuildView, buildLines, buildOutputs, buildSummary} from '../reports/build-summary.js'
import {type BuildPlace, buildImage} from './build-image.js'
import {buildInputs, type BuildInputs} from './build-inputs.js'
import {pushEverywhere} from './build-push.js'
import {checkInputs} from './build-request.js'
import {type BuildTools, findTools} from './build-tools.js'
import {command} from './command.js'

/** Builds one image for one platform and pushes it by digest. */
export const buildByDigest = command({
  name: 'build-by-digest',
  summary: 'Build one platform of an image and push it to every registry by digest, without any tag.',
  description:
    'Builds with buildx, buildah or podman, whichever is there, and exports the image once, so that every registry gets the same bytes and the same digest. Pushes it without a tag, and when it is wholly there on every registry, hands its digest over to merge-manifest. Where the plan says that nothing is pushed, it only builds.',
  settings: 'section',
  inputs: buildInputs,
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
    },
    {
      line: 'image-release build-by-digest --plan plan.json --platforms linux/amd64 --source app.tar',
      remark: 'Push what another tool has built'
    },
    {
      line: 'image-release build-by-digest --plan plan.json --platforms linux/amd64 --cache gha --cache registry',
      remark: 'Read and write caches, as the event says'
    }
  ],
  async run(given, ports) {
    const {jobs, hidden} = checkInputs(given, ports)
    const tools = await findTools(given, ports, hidden)
    const views: BuildView[] = []
    for (const job of jobs) {
      const view = await withOutputFolder(folder => buildAndPush(given, {job, folder}, tools))
      report(view, ports)
      if (job.push) await handOver(view, ports)
      views.push(view)
    }
    return buildOutputs(views)
  }
})

/** Builds one image and pushes it. What must hold of an image before it may be pushed stands between the two. */
async function buildAndPush(given: BuildInputs, place: BuildPlace, tools: BuildTools): Promise<BuildView> {
  const {job} = place
  const built = await buildImage(given, place, tools)
  if (!job.push)
    tools.ports.reporter.notice('It is only built: nothing is pushed, and no digest is handed over.')
  const pushes = await pushEverywhere(built.image, job, tools)
  return {
    job,
    builder: built.builder,
    root: built.image.root,
    image: built.document,
    configDigest: built.configDigest,
    buildMilliseconds: built.milliseconds,
    ...(built.cacheHits === undefined ? {} : {cacheHits: built.cacheHits}),
    pushes
  }
}

function report(view: BuildView, {reporter}: Ports): void {
  for (const line of buildLines(view)) reporter.info(line)
  reporter.summary(buildSummary(view))
}

/** Keeps the digest for merge-manifest. Only now: a record says that the image is wholly there on every registry. */
async function handOver({job, root}: BuildView, ports: Ports): Promise<void> {
  const place = await ports.digests.save(job.record, formatDigestRecord(root.digest))
  ports.reporter.info(`The digest is handed over as ${job.record} (${place}).`)
}
