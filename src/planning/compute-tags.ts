import type {InputValues} from '../command/input.js'
import {separator, text} from '../command/input.js'
import {buildMatrix, mergeMatrix} from './jobs/matrix.js'
import type {Plan} from '../contracts/plan.js'
import {formatPlan} from '../contracts/plan-format.js'
import type {Ports, Reporter} from '../ports.js'
import {assertPublishable} from './preview/tag-preview.js'
import {formatNextReleases, formatPlanSummary, formatTagTable} from './preview/plan-summary.js'
import {type TargetBakeFiles, targetBakeFiles} from './jobs/bake-files.js'
import {PLAIN_FLAVOR} from './rules/flavor.js'
import {metadataOutputs} from './jobs/metadata-outputs.js'
import {type DecidedRelease, type ReleaseConfig, planRelease} from './release-plan.js'
import {buildGroup, releaseGroup} from './jobs/release-group.js'
import {isRebuild} from '../ci/run-facts.js'
import {scanMatrix} from './jobs/scan-matrix.js'
import type {DecidedTarget} from './targets/target-plan.js'
import {variantOutputs} from './jobs/variant-outputs.js'
import {detectChanges} from './change-detection.js'
import {changeInputs, changeOutputs} from './change-inputs.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import {command} from '../command/command.js'
import {withCommitDate} from './commit-date.js'
import {planInputs} from './plan-inputs.js'
import {neededTools} from './needed-tools.js'
import type {NextRelease} from './preview/sample-plan.js'
import {previewInputs, runOf, withExpectations} from './preview/planned-release.js'
import {readReleaseConfig} from './release-config.js'

const inputs = {
  ...planInputs,
  'github-token': text({
    summary:
      'The token for GitHub’s API, in a workflow: github.token. It is used for one thing: to ask for the date of the commit where neither the event nor a checkout tells it.',
    secret: true
  }),
  'bake-target': separator({
    summary: 'The target that the bake files define.',
    default: 'docker-metadata-action'
  }),
  ...previewInputs,
  ...changeInputs
}

/** The outputs that docker/metadata-action has too; plan and matrices are too large to be variables. */
const BAKE_OUTPUTS = ['bake-file', 'bake-file-tags', 'bake-file-labels', 'bake-file-annotations']

const outputs = {
  version: 'The first tag: the version of the image.',
  tags: 'Every tag with every image in front.',
  'tag-names': 'The tags without images.',
  labels: 'Labels, key=value, sorted by key.',
  annotations: 'Annotations, level:key=value, sorted by key.',
  json: 'tags, tag-names, labels and annotations in one JSON object.',
  'bake-file':
    'The path of a bake file with tags and labels, of the target without a variant where there are several.',
  'bake-file-tags': 'The path of a bake file with tags.',
  'bake-file-labels': 'The path of a bake file with labels.',
  'bake-file-annotations': 'The path of a bake file with annotations.',
  plan: 'The plan: what every later job needs to know, as JSON.',
  'plan-artifact':
    'artifact:NAME, where the plan is kept beside this output: every input plan takes it, too. For jobs that get no output, as GitHub drops one that holds a secret’s value. Empty where nothing keeps it.',
  'plan-id': 'Tells this plan apart from others of the same run: 12 hex digits, the same in each attempt.',
  'build-matrix':
    'The strategy.matrix of the build jobs: target, platform, platform-pair, runner and record.',
  'merge-matrix': 'The strategy.matrix of the merge jobs: target, images and platforms.',
  'scan-matrix':
    'The strategy.matrix of scan jobs: target, images, level (full for the default variant, basic for the oldest) and dockerfile.',
  push: 'true where the run publishes, else false.',
  ...changeOutputs,
  group:
    'A name for concurrency groups: the same for every run that releases these images, and another for other images.',
  'build-group':
    'A name for concurrency groups of builds: the same for every commit of a ref, and another where one run releases the same images twice, by other rules or builds.',
  tools:
    'Programs that the file of settings asks for in later jobs and that no image of GitHub’s runners has, with spaces between them: trivy, grype, snyk, syft, cosign; and buildx, for which a BuildKit is set up, unless another builder is named.',
  rebuild_flag: 'true where base images are to be fetched and every step is to be built anew, else false.',
  primary_tags: 'The tags that name no variant, with commas between them.',
  variant_tags:
    'The tags that name a variant and no version. Those of one axis are <axis>_tags, python_tags for example.',
  precision_tags: 'The tags that name a variant and a version or commit.'
}

/** Decides the tags, labels and jobs of a release. Registries and Git are asked, never changed. */
export const computeTags = command({
  name: 'compute-tags',
  summary: 'Decide the tags, labels and jobs of a release before anything is built.',
  description:
    'Takes the inputs of docker/metadata-action by name and grammar and gives its outputs, and beside them a plan that all later jobs follow, and the matrices that they run in. Where the run publishes, the registries are asked what is at the tags now; what they do not answer at once is said, and decided when the tags are moved. Of a pull request the summary shows the tags of the release that it would become. A tag that must not change ends the run here, before anything is built.',
  // Plan and matrices are left out: variables of that size make later programs fail to start.
  exports: {
    prefix: 'DOCKER_METADATA_OUTPUT_',
    outputs: ['version', 'tags', 'tag-names', 'labels', 'annotations', 'json', ...BAKE_OUTPUTS]
  },
  settings: 'top',
  isTimed: true,
  documents: {outputs: ['plan'], place: 'plan-artifact'},
  lists: ['tags', 'tag-names'],
  furtherOutputs: /_(?:tags|versions_json)$/,
  inputs,
  outputs,
  examples: [
    {
      line: "image-release compute-tags --images ghcr.io/owner/app --tags 'type=semver,pattern={{version}}'",
      remark: 'the plan of a release for the commit that is checked out'
    }
  ],
  async run(values, ports) {
    const config = await readReleaseConfig(values, ports.readText)
    const asked = values.ask === 'never' ? undefined : values['github-token']
    const run = await withCommitDate(await runOf(values, ports), asked, ports)
    const release = planRelease(config, run)
    const {targets, main} = release
    const [expected, next, changes, tools] = await Promise.all([
      withExpectations(release.plan, values, ports),
      whatComesNext(config, run, values, ports),
      detectChanges(values, {targets, run}, ports),
      neededTools(values.config, ports)
    ])
    const plan = {...expected, notes: [...expected.notes, ...changes.notes]}
    const outputs = {
      ...variantOutputs(targets),
      ...metadataOutputs({
        targets,
        main,
        annotationLevels: values['annotation-levels'],
        separators: {
          tags: values['sep-tags'],
          labels: values['sep-labels'],
          annotations: values['sep-annotations']
        }
      }),
      ...versionOutput(release, config),
      ...(await saveBakeFiles(main, values, ports)),
      ...planOutputs(plan),
      'build-matrix': JSON.stringify(buildMatrix(plan, values['platform-jobs'])),
      'merge-matrix': JSON.stringify(mergeMatrix(plan)),
      'scan-matrix': JSON.stringify(scanMatrix(targets)),
      push: String(plan.push),
      ...changes.outputs,
      ...groupOutputs(plan, values),
      tools: tools.join(' '),
      rebuild_flag: values.rebuild === 'auto' ? String(isRebuild(run)) : values.rebuild
    }
    report({...release, plan}, {ask: values.ask, next}, ports.reporter)
    return outputs
  }
})

/** Of a pull request, what it would release. The code for that is loaded only then. */
async function whatComesNext(
  config: ReleaseConfig,
  run: WorkflowRun,
  values: InputValues<typeof inputs>,
  ports: Ports
): Promise<NextRelease[]> {
  if (run.pullRequest === undefined && !run.event.startsWith('pull_request')) return []
  const {nextReleases} = await import('./preview/next-release.js')
  return await nextReleases(config, run, values, ports)
}

/** The plan itself, how the name of its artifact begins, and its id. */
function planOutputs(plan: Plan) {
  return {plan: formatPlan(plan), 'plan-artifact': `plan-${plan.id}`, 'plan-id': plan.id}
}

function groupOutputs(plan: Plan, {flavor = PLAIN_FLAVOR}: InputValues<typeof inputs>) {
  return {group: releaseGroup(plan), 'build-group': buildGroup(plan, flavor)}
}

/** Where a run produces no tags, the version that is given still names what is built. */
function versionOutput({main}: DecidedRelease, {version}: ReleaseConfig): {version: string} {
  return {version: main.target.tags[0]?.name ?? version?.text ?? ''}
}

async function saveBakeFiles(
  main: DecidedTarget,
  values: InputValues<typeof inputs>,
  {saveText}: Ports
): Promise<TargetBakeFiles> {
  const files = targetBakeFiles({main, annotationLevels: values['annotation-levels']}, values['bake-target'])
  const save = async (name: keyof TargetBakeFiles): Promise<string> =>
    await saveText(`docker-metadata-action-${name.replace('-file', '')}.json`, files[name])
  const [file, tags, labels, annotations] = await Promise.all([
    save('bake-file'),
    save('bake-file-tags'),
    save('bake-file-labels'),
    save('bake-file-annotations')
  ])
  return {
    'bake-file': file,
    'bake-file-tags': tags,
    'bake-file-labels': labels,
    'bake-file-annotations': annotations
  }
}

/** @throws ReleaseError TAG_REFUSED, when all is said, for a release that could not be published */
function report(
  {plan, targets}: DecidedRelease,
  {ask, next}: Pick<InputValues<typeof inputs>, 'ask'> & {readonly next: readonly NextRelease[]},
  reporter: Reporter
): void {
  for (const line of [...formatTagTable(plan), ...formatNextReleases(next)]) reporter.info(line)
  for (const {target, tagPlan} of targets)
    for (const {rule, why} of tagPlan.skipped) reporter.debug(`${target.name}: no tag from ${rule}: ${why}`)
  for (const note of plan.notes) reporter.notice(note)
  reporter.summary(formatPlanSummary(plan, next))
  if (ask === 'auto') assertPublishable(plan)
}
