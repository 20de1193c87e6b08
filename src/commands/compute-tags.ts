import {
  type InputValues,
  choice,
  count,
  flag,
  lines,
  linesTo,
  list,
  separator,
  text
} from '../inputs/input.js'
import {parsePlatform} from '../oci/platform.js'
import {buildMatrix, mergeMatrix} from '../plan/matrix.js'
import {formatPlan} from '../plan/plan-format.js'
import {parseRunnerEntry} from '../plan/runner-map.js'
import type {Ports, Reporter} from '../ports.js'
import type {WorkflowRun} from '../workflow-run.js'
import {formatPlanSummary, formatTagTable} from '../release/plan-summary.js'
import {PLAIN_FLAVOR, parseFlavor} from '../tags/flavor.js'
import {parseImages} from '../tags/image-names.js'
import {parseMetadataLines} from '../tags/metadata-lines.js'
import {metadataOutputs} from '../tags/metadata-outputs.js'
import {PUSH_MODES} from '../tags/push-mode.js'
import {type DecidedRelease, planRelease} from '../tags/release-plan.js'
import {DEFAULT_RULES, parseRules} from '../tags/rule-grammar.js'
import {command} from './command.js'

/** Where an annotation may belong (docs.docker.com, "Annotations"). */
const LEVELS = ['manifest', 'index', 'manifest-descriptor', 'index-descriptor'] as const
const annotationLevel = choice(LEVELS, {summary: 'A level of annotations.', default: 'manifest'})

/** The inputs of docker/metadata-action by its names, and what a plan needs beside them. */
const inputs = {
  images: linesTo(
    {summary: 'Repositories, one a line: a name, or name=…,enable=true|false.', placeholder: 'REPOSITORY'},
    parseImages,
    []
  ),
  tags: linesTo(
    {
      summary:
        'Rules for tags, one a line: type=semver,pattern={{version}} and the like, or a word. The types are schedule, semver, pep440, match, edge, ref, raw and sha.',
      placeholder: 'RULE',
      default: DEFAULT_RULES
    },
    parseRules,
    []
  ),
  flavor: linesTo(
    {
      summary:
        'What holds for all rules: latest=auto|true|false, prefix=…, suffix=…, with onlatest=true behind them.',
      placeholder: 'ENTRY'
    },
    parseFlavor,
    PLAIN_FLAVOR
  ),
  labels: linesTo(
    {summary: 'Labels, key=value, one a line; they override the generated ones.', placeholder: 'LABEL'},
    value => parseMetadataLines('labels', value),
    []
  ),
  annotations: linesTo(
    {
      summary: 'Annotations, key=value, one a line; they override the generated ones.',
      placeholder: 'ANNOTATION'
    },
    value => parseMetadataLines('annotations', value),
    []
  ),
  'annotation-levels': list(
    {
      summary: `Where the output annotations says that they belong: ${LEVELS.join(', ')}, with commas between them.`,
      placeholder: 'LEVELS',
      default: 'manifest,index',
      variable: 'DOCKER_METADATA_ANNOTATIONS_LEVELS'
    },
    annotationLevel.parse
  ),
  platforms: list(
    {
      summary: 'Platforms to build, each on a runner of its own.',
      placeholder: 'PLATFORM',
      default: 'linux/amd64,linux/arm64'
    },
    parsePlatform
  ),
  runners: lines(
    {
      summary:
        'Runners that are not GitHub’s own, one a line: linux/arm64=label, labels joined by +, or a JSON list of labels; * stands for every other platform.',
      placeholder: 'PLATFORM=RUNNER'
    },
    parseRunnerEntry
  ),
  push: choice(PUSH_MODES, {
    summary:
      'Whether the run publishes. auto: not for pull requests, merge queues, forks and Dependabot, nor where no tag is earned.',
    default: 'auto'
  }),
  'sep-tags': separator({
    summary: 'What stands between the items of the outputs tags and tag-names.',
    default: '\n'
  }),
  'sep-labels': separator({summary: 'What stands between the items of the output labels.', default: '\n'}),
  'sep-annotations': separator({
    summary: 'What stands between the items of the output annotations.',
    default: '\n'
  }),
  'short-sha-length': count({
    summary: 'Digits of a commit in {{sha}} and type=sha.',
    default: '7',
    variable: 'DOCKER_METADATA_SHORT_SHA_LENGTH',
    min: 4,
    max: 64
  }),
  'pr-head-sha': flag({
    summary: 'On a pull request, take its head commit rather than the merge commit.',
    variable: 'DOCKER_METADATA_PR_HEAD_SHA'
  }),
  context: choice(['workflow', 'git'], {
    summary: 'Where ref and commit come from: the workflow’s event, or the Git work tree.',
    default: 'workflow'
  }),
  'github-token': text({
    summary: 'Accepted for workflows that give docker/metadata-action one; no request is made with it.',
    secret: true
  }),
  'bake-target': text({
    summary: 'Accepted for workflows that give docker/metadata-action one; no bake file is written yet.'
  })
}

const outputs = {
  version: 'The first tag: the version of the image.',
  tags: 'Every tag with every image in front.',
  'tag-names': 'The tags without images.',
  labels: 'Labels, key=value, sorted by key.',
  annotations: 'Annotations, level:key=value, sorted by key.',
  json: 'tags, tag-names, labels and annotations in one JSON object.',
  plan: 'The plan: what every later job needs to know, as JSON.',
  'build-matrix':
    'The strategy.matrix of the build jobs: target, platform, platform-pair, runner and record.',
  'merge-matrix': 'The strategy.matrix of the merge jobs: target, images and platforms.',
  push: 'true where the run publishes, else false.'
}

/** Decides the tags, labels and jobs of a release. Nothing is asked over a network, nothing is written. */
export const computeTags = command({
  name: 'compute-tags',
  summary: 'Decide the tags, labels and jobs of a release before anything is built.',
  description:
    'Takes the inputs of docker/metadata-action by name and grammar and gives its outputs, and beside them a plan that all later jobs follow, and the matrices that they run in. No request is made: what cannot be known yet is said, and decided when the tags are moved.',
  // Plan and matrices are left out: variables of that size make later programs fail to start.
  exports: {
    prefix: 'DOCKER_METADATA_OUTPUT_',
    outputs: ['version', 'tags', 'tag-names', 'labels', 'annotations', 'json']
  },
  inputs,
  outputs,
  examples: [
    {
      line: "image-release compute-tags --images ghcr.io/owner/app --tags 'type=semver,pattern={{version}}'",
      remark: 'the plan of a release for the commit that is checked out'
    }
  ],
  async run(values, {reporter, workflowRun}) {
    const release = planRelease(
      {...values, rules: values.tags, shortShaLength: values['short-sha-length']},
      await runOf(values, workflowRun)
    )
    const {plan} = release
    report(release, reporter)
    return {
      ...metadataOutputs({
        target: release.target,
        images: values.images,
        annotationLevels: values['annotation-levels'],
        separators: {
          tags: values['sep-tags'],
          labels: values['sep-labels'],
          annotations: values['sep-annotations']
        }
      }),
      plan: formatPlan(plan),
      'build-matrix': JSON.stringify(buildMatrix(plan)),
      'merge-matrix': JSON.stringify(mergeMatrix(plan)),
      push: String(plan.push)
    }
  }
})

/** The run as the caller wants it seen. */
async function runOf(
  values: Pick<InputValues<typeof inputs>, 'context' | 'pr-head-sha'>,
  workflowRun: Ports['workflowRun']
): Promise<WorkflowRun> {
  const run = await workflowRun(values.context)
  return values['pr-head-sha'] && run.headSha !== undefined ? {...run, sha: run.headSha} : run
}

function report({plan, tagPlan}: DecidedRelease, reporter: Reporter): void {
  for (const line of formatTagTable(plan)) reporter.info(line)
  for (const {rule, why} of tagPlan.leftOut) reporter.debug(`no tag from ${rule}: ${why}`)
  for (const note of plan.notes) reporter.notice(note)
  reporter.summary(formatPlanSummary(plan))
}
