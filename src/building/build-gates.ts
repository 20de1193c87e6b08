import {assertFingerprint} from '../checks/fingerprint-gate.js'
import {ImageWorkspace} from '../checks/image-workspace.js'
import {keepFiles} from '../checks/artifact-files.js'
import {makeSbom, readSbom} from '../checks/sbom/sbom-gate.js'
import {type ScanResult, runScan} from '../checks/scan/scan-gate.js'
import {runTest} from '../checks/test/test-gate.js'
import {completeLogins} from '../registry/auth/registry-credential.js'
import type {Attachment} from '../oci/artifact-manifest.js'
import {hexOf} from '../oci/digest.js'
import {type LayerFingerprint, layerFingerprint} from '../oci/layer-fingerprint.js'
import {formatReference} from '../oci/reference.js'
import type {Exec, Ports} from '../ports.js'
import {pushAttachment} from '../registry/images/attachment-push.js'
import type {BuildFolders, BuiltJob} from './build-image.js'
import type {BuildInputs} from './inputs/build-inputs.js'
import type {BuildTools} from './build-tools.js'
import {type GateContext, sbomGate, scanGate, testGate} from './gate-calls.js'
import type {GatePlan} from './gate-plan.js'
import type {Phases} from './metrics/phases.js'

const UNLOADED =
  'Neither docker nor podman nor buildah works here: the image is not loaded, and IMAGE is empty.'

/** One image on its way to the registries. */
export interface GateWork {
  readonly given: BuildInputs
  readonly plan: GatePlan
  readonly place: BuildFolders
  readonly built: BuiltJob
  readonly tools: BuildTools
  readonly phases: Phases
}

/** What is known of an image that passed. */
export interface GateResults {
  readonly fingerprint: LayerFingerprint
  readonly scan?: ScanResult
  /** REPOSITORY@DIGEST of each manifest that holds the bill of materials. */
  readonly sboms: readonly string[]
}

/**
 * Holds an image against everything that was asked for, pushes it in between, and attaches its bill of materials. What
 * does not hold stops it: before the push where it can be known there, and always before its digest is handed over.
 * @throws ReleaseError FINGERPRINT_MISMATCH, SCAN_FAILED, TEST_FAILED, SBOM_INVALID, and what the push throws
 */
export async function runChecks<T>(
  work: GateWork,
  push: () => Promise<T>
): Promise<{readonly pushed: T; readonly results: GateResults}> {
  const context = contextOf(work)
  try {
    const fingerprint = checkLayers(work)
    const scan = await scanImage(work, context)
    await testLocally(work, context)
    await keepFingerprint(work, fingerprint)
    const sbom = await billOfMaterials(work, context)
    const pushed = await push()
    await testPushed(work, context)
    const sboms = await attachEverywhere(work, sbom)
    return {pushed, results: {fingerprint, sboms, ...(scan === undefined ? {} : {scan})}}
  } finally {
    if (work.plan.loadAs === undefined) await context.bench.unload()
  }
}

function contextOf({given, plan, place, built, tools}: GateWork): GateContext {
  const {manifest, document, image, configDigest} = built
  const name = plan.loadAs ?? `localhost/image-release-test:${hexOf(manifest.digest).slice(0, 12)}`
  const passwords = completeLogins(given['registry-credentials']).map(({password}) => password)
  return {
    given,
    plan,
    bench: new ImageWorkspace(
      {manifest, document, blobs: image},
      {folder: place.folder, name},
      stoppable(tools.ports)
    ),
    digest: image.root.digest,
    subjects: [...new Set([image.root.digest, manifest.digest, configDigest])],
    secrets: [...passwords, ...tools.secrets.hidden]
  }
}

function stoppable({exec, signal}: Ports): Exec {
  return async (program, args, options) => await exec(program, args, {signal, ...options})
}

function checkLayers({plan, built}: GateWork): LayerFingerprint {
  const fingerprint = layerFingerprint(built.config.layers.map(({diffId}) => diffId))
  if (plan.expected !== undefined) assertFingerprint(fingerprint, plan.expected, plan.title)
  return fingerprint
}

async function scanImage(work: GateWork, context: GateContext): Promise<ScanResult | undefined> {
  const {scan} = work.given
  if (scan === undefined || work.plan.level === 'none') return undefined
  return await work.phases.measure('scan', async () =>
    runScan(await scanGate(context, scan), work.tools.ports)
  )
}

/** Loads the image also where there is no test, if it is to stay loaded for the steps after this one. */
async function testLocally({given, plan, tools, phases}: GateWork, context: GateContext): Promise<void> {
  const {test} = given
  const isTested = test !== undefined && given['test-after'] === 'build'
  if (!isTested && plan.loadAs === undefined) return
  const wish = given['load-into']
  const image =
    wish === 'none' ? undefined : await phases.measure('load', () => context.bench.load(wish, test))
  if (image === undefined && wish !== 'none') tools.ports.reporter.notice(UNLOADED)
  if (isTested)
    await phases.measure('test', async () =>
      runTest(await testGate(context, test, {image, isPushed: false}), tools.ports)
    )
}

async function testPushed(
  {given, place, built, tools, phases}: GateWork,
  context: GateContext
): Promise<void> {
  const {test} = given
  const [repository] = place.job.repositories
  if (test === undefined || given['test-after'] === 'build' || repository === undefined) return
  const image = formatReference(repository, built.image.root.digest)
  await phases.measure('test', async () =>
    runTest(await testGate(context, test, {image, isPushed: true}), tools.ports)
  )
}

/** The fingerprint of what was tested, for a job on another machine that pushes it. */
async function keepFingerprint({plan, tools}: GateWork, fingerprint: LayerFingerprint): Promise<void> {
  const name = plan.names.fingerprint
  if (name !== undefined) await keepFiles(name, [{name, text: `${fingerprint}\n`}], tools.ports)
}

async function billOfMaterials(work: GateWork, context: GateContext): Promise<Attachment | undefined> {
  const {'sbom-command': tool, 'sbom-file': file} = work.given
  if (!work.place.job.push) return undefined
  if (file !== undefined) return await readSbom(file)
  if (tool === undefined) return undefined
  return await work.phases.measure('bill of materials', async () =>
    makeSbom(await sbomGate(context, tool), work.tools.ports)
  )
}

/** It refers to the image itself: the index that a builder puts around image and attestation is taken apart later. */
async function attachEverywhere(
  {place, built, tools, phases}: GateWork,
  sbom: Attachment | undefined
): Promise<string[]> {
  if (sbom === undefined) return []
  const {repositories} = place.job
  return await phases.measure('attach', () =>
    Promise.all(
      repositories.map(async repository => {
        const client = tools.registries.repository(repository, 'pull,push')
        const {digest, isNew} = await pushAttachment(client, built.manifest, sbom)
        const reference = formatReference(repository, digest)
        tools.ports.reporter.info(
          isNew
            ? `Bill of materials attached: ${reference} (${sbom.artifactType}).`
            : `The image has a bill of materials of this type already: ${reference}.`
        )
        return reference
      })
    )
  )
}
