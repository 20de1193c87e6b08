import {buildOutputs} from './build-summary.js'
import type {BuildView} from './build-result.js'
import {checkPushRights} from './build-push.js'
import {checkInputs} from './build-request.js'
import {buildAndSaveRecord} from './build-run.js'
import {findTools} from './build-tools.js'
import {planGates} from './gate-plan.js'
import {pushLines} from './push-question.js'
import {command} from '../command/command.js'
import {assertConfirmed} from '../command/confirmation.js'
import {buildInputs} from './inputs/build-inputs.js'
import {assertMayPublish} from '../ci/untrusted-runs.js'

/** Builds one image for one platform and pushes it by digest. */
export const buildByDigest = command({
  name: 'build-by-digest',
  summary: 'Build one platform of an image and push it to every registry by digest, without any tag.',
  description:
    'Builds with buildx, buildah or podman, whichever is there, and exports the image once, so that every registry gets the same bytes and the same digest. Pushes it without a tag, and when it is wholly there on every registry, hands its digest over to merge-manifest. Where the plan says that nothing is pushed, it only builds.',
  settings: 'section',
  furtherOutputs: /^record-/,
  inputs: buildInputs,
  outputs: {
    digest: 'The digest of the image; of several platforms one a line, as in all outputs.',
    imageid: 'The digest of its config.',
    record: 'The name under which the digest was handed over; empty where the plan only builds.',
    images: 'One REPOSITORY@DIGEST a line; empty where the plan only builds.',
    metadata: 'JSON, with the keys of the output metadata of build-push-action.',
    fingerprint: 'The fingerprint of the layers, as expected-fingerprint takes it.',
    sarif: 'The path of the report of the scan, in SARIF; also where the scan stops the push.',
    vulnerabilities: 'JSON: how many findings of each severity the scan counted.',
    sboms: 'One REPOSITORY@DIGEST a line, for each bill of materials that was attached.',
    metrics: 'JSON: times, sizes, layers, cache hits, findings and bytes sent; a list for several platforms.',
    records:
      'One NAME=DIGEST a line, for merge-manifest where no artifact was kept. Each is in an output of its own, too, that jobs of a matrix do not share: record-<platform> and record-<target>-<platform>, such as record-linux-arm64.'
  },
  lists: ['images', 'sboms', 'records'],
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
    },
    {
      line: 'image-release build-by-digest --plan plan.json --platforms linux/amd64 --scan trivy --test \'docker run --rm "$IMAGE" --version\'',
      remark: 'Push only what was scanned and tested'
    }
  ],
  async run(given, ports) {
    const checked = checkInputs(given, ports)
    const {jobs} = checked
    const plans = await Promise.all(jobs.map(async job => [job, await planGates(given, job, ports)] as const))
    if (jobs.some(({push}) => push)) {
      await assertMayPublish(ports)
      await assertConfirmed(ports, 'Build this, and push it?', pushLines(jobs, given.plan))
    }
    const tools = await findTools(
      given,
      ports,
      checked,
      async registries => await checkPushRights(jobs, {registries, ports})
    )
    const views: BuildView[] = []
    for (const [job, gates] of plans) views.push(await buildAndSaveRecord(given, {job, gates}, tools))
    return buildOutputs(views)
  }
})
