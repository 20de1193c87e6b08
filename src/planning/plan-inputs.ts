import {
  type Input,
  type InputOptions,
  type InputValues,
  type Texts,
  choice,
  count,
  flag,
  lines,
  linesTo,
  list,
  parsed,
  separator,
  text
} from '../command/input.js'
import {parsePlatform} from '../oci/platform.js'
import {JOB_SHAPES} from './jobs/matrix.js'
import {parseRunnerEntry} from './jobs/runner-map.js'
import {parseTagPattern} from '../patterns/tag-pattern.js'
import {axisNames, parseAxes} from './targets/axis.js'
import {type Flavor, parseFlavor} from './rules/flavor.js'
import {parseImages} from './targets/image-names.js'
import {parseMetadataLines} from './targets/metadata-lines.js'
import {PUSH_MODES} from './push-mode.js'
import {parseRules} from './rules/rule-grammar.js'
import type {TagRule} from './rules/rule.js'
import {parseServices, parseSetting} from './targets/service.js'
import {STRATEGIES, strategyOf} from './rules/strategy.js'
import {type TagPolicy, parsePolicy} from './tags/tag-kind.js'
import {targetNames} from './targets/target.js'
import type {Template} from './rules/template.js'
import {type Choice, parseChoices} from './targets/variant.js'
import {MISMATCHES} from './tags/version-source.js'
import {config} from '../command/shared-inputs.js'

/** Where an annotation may belong (docs.docker.com, "Annotations"). */
const LEVELS = ['manifest', 'index', 'manifest-descriptor', 'index-descriptor'] as const
const annotationLevel = choice(LEVELS, {summary: 'A level of annotations.', default: 'manifest'})

/** What is built, which tags it earns, and where. */
const tagInputs = {
  images: linesTo(
    {
      summary:
        'Repositories, one a line: a name, or name=…,enable=true|false. With variants or services {{service}}, {{variant}} and the names of axes stand for theirs.',
      placeholder: 'REPOSITORY'
    },
    (value, texts) => parseImages(value, namesOf(texts)),
    []
  ),
  strategy: choice(['none', ...STRATEGIES], {
    summary:
      'Rules that come ready-made. release: 1.2.3, 1.2, 1 and latest. environments: develop-<sha>, staging-<sha>, v1.2.3, <branch>-latest, latest for main (or master) whatever the default branch is, and the whole commit. variants: latest and 1.2.3 for the default variant, python3.13 and 1.2.3-python3.13 for each, main and dev. versioned-names: v1.2.3 in a repository for each variant, and latest for Git tags.',
    default: 'none'
  }),
  tags: linesTo<readonly TagRule[] | undefined>(
    {
      summary:
        'Rules for tags, one a line: type=semver,pattern={{version}} and the like, or a word. The types are schedule, semver, pep440, match, edge, ref, raw and sha. They come beside those of the strategy; without either, the rules are type=schedule and type=ref for branch, tag and pr.',
      placeholder: 'RULE'
    },
    (value, texts) => parseRules(value, namesOf(texts)),
    undefined
  ),
  flavor: linesTo<Flavor | undefined>(
    {
      summary:
        'What holds for all rules: latest=auto|true|false, prefix=…, suffix=…, with onlatest=true behind them.',
      placeholder: 'ENTRY'
    },
    (value, texts) => parseFlavor(value, namesOf(texts), strategyIn(texts).flavor),
    undefined
  ),
  labels: metadataLines('labels', {
    summary: 'Labels, key=value, one a line; they override the generated ones.',
    placeholder: 'LABEL'
  }),
  annotations: metadataLines('annotations', {
    summary: 'Annotations, key=value, one a line; they override the generated ones.',
    placeholder: 'ANNOTATION'
  }),
  'annotation-levels': list(
    {
      summary: `Where the output annotations says that they belong: ${LEVELS.join(', ')}, with commas between them.`,
      placeholder: 'LEVELS',
      default: 'manifest,index',
      variable: 'DOCKER_METADATA_ANNOTATIONS_LEVELS'
    },
    annotationLevel.parse
  ),
  policy: linesTo<TagPolicy>(
    {
      summary:
        'How tags move that do not move as they should, one a line: version=moving, for example. The kinds are version, alias, branch, commit, pull-request, schedule and other; each is immutable, forward (only to a newer version) or moving (only to a newer commit).',
      placeholder: 'KIND=CLASS'
    },
    parsePolicy,
    new Map()
  ),
  'ref-names': choice(['plain', 'unique'], {
    summary:
      'How the name of a ref becomes a tag. plain: feature/a and feature-a are one tag. unique: a hash tells apart whatever cannot be written as a tag.',
    default: 'plain'
  })
}

/** What the variants and services of a release are. */
const targetInputs = {
  variants: linesTo(
    {
      summary:
        'In what the variants of the image differ, an axis a line: python=3.12,3.13, a JSON list, or python=file:PYTHON_VERSIONS.',
      placeholder: 'AXIS=VALUES'
    },
    parseAxes,
    []
  ),
  'default-variant': choices('default-variant', {
    summary: 'The default of each axis, python=3.13: this variant has the tags that name no variant.'
  }),
  'exclude-variants': choices('exclude-variants', {
    summary:
      'Variants that are left out, one a line: python=3.7,runtime=cuda; what it does not name may be anything.'
  }),
  'include-variants': choices('include-variants', {
    summary: 'Variants beside those that the axes make, one a line, with a value for each axis.'
  }),
  services: linesTo(
    {
      summary:
        'Several images of one repository, one a line: a name, or name=api,context=services/api,file=…,target=…,build-arg=NAME=VALUE.',
      placeholder: 'SERVICE',
      isNamed: true
    },
    (value, texts) => parseServices(value, namesOf(texts)),
    []
  ),
  'build-context': buildSetting(
    'The folder or Git address that the build job builds, where it says nothing else.'
  ),
  file: buildSetting('The Containerfile that the build job builds, where it says nothing else.'),
  target: buildSetting('The stage that the build job builds, where it says nothing else.'),
  'build-args': metadataLines('build-args', {
    summary: 'Arguments of the builds, NAME=VALUE, one a line, such as PYTHON_VERSION={{python}}.',
    placeholder: 'NAME=VALUE'
  })
}

/** Where the version comes from, where jobs run, and how outputs are written. */
const runInputs = {
  config,
  version: text({
    summary: 'The version that is released, where it does not come from the Git tag.',
    placeholder: 'VERSION'
  }),
  'version-file': text({
    summary:
      'A file that holds the version: VERSION, package.json, pyproject.toml, Cargo.toml, Chart.yaml, or the first line of any other.',
    placeholder: 'PATH'
  }),
  'version-mismatch': choice(MISMATCHES, {
    summary:
      'What happens where a Git tag and the given version disagree: error, warn (the Git tag counts), tag or file.',
    default: 'error'
  }),
  platforms: list(
    {
      summary: 'Platforms to build, each on a runner of its own.',
      placeholder: 'PLATFORM',
      default: 'linux/amd64,linux/arm64'
    },
    parsePlatform
  ),
  'platform-jobs': choice(JOB_SHAPES, {
    summary:
      'split: a build job for each platform, on a runner of its own. joined: one job for all platforms of a target.',
    default: 'split'
  }),
  runners: lines(
    {
      summary:
        'Runners that are not GitHub’s own, one a line: linux/arm64=label, labels joined by +, group:NAME, or JSON; * stands for every other platform.',
      placeholder: 'PLATFORM=RUNNER'
    },
    parseRunnerEntry
  ),
  push: choice(PUSH_MODES, {
    summary:
      'Whether the run publishes. auto: not for pull requests, merge queues, forks and Dependabot, nor where the event produces no tags.',
    default: 'auto'
  }),
  rebuild: choice(['auto', 'true', 'false'], {
    summary:
      'What the output rebuild_flag says. auto: true for a schedule, and where workflow_dispatch was given an input REBUILD_BASE that is true.',
    default: 'auto'
  }),
  'sep-tags': separator({
    summary: 'What separates the items of the outputs tags and tag-names.',
    default: '\n'
  }),
  'sep-labels': separator({summary: 'What separates the items of the output labels.', default: '\n'}),
  'sep-annotations': separator({
    summary: 'What separates the items of the output annotations.',
    default: '\n'
  }),
  'git-tag-pattern': parsed(
    {
      summary:
        'The form that a Git tag must have, glob:PATTERN or regex:PATTERN for the whole tag; a run for any other fails before anything is built.',
      placeholder: 'PATTERN'
    },
    parseTagPattern
  ),
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
  })
}

/** The inputs of docker/metadata-action by its names, and what a plan needs beside them. */
export const planInputs = {...tagInputs, ...targetInputs, ...runInputs}

/** What the inputs of a plan say. */
export type PlanValues = InputValues<typeof planInputs>

/** The names that templates know beside the facts of the run, by what stands in the inputs that make them. */
export function namesOf(texts: Texts): string[] {
  return targetNames(axisNames(texts['variants']), (texts['services'] ?? '').trim() !== '')
}

function strategyIn(texts: Texts): ReturnType<typeof strategyOf> {
  const names = namesOf(texts)
  const name = STRATEGIES.find(each => each === texts['strategy']?.trim())
  return strategyOf(name === 'variants' && names.length === 0 ? undefined : name, names)
}

function metadataLines(name: string, options: InputOptions): Input<readonly Template[]> {
  return linesTo(options, (value, texts) => parseMetadataLines(name, value, namesOf(texts)), [])
}

function choices(name: string, options: InputOptions): Input<readonly Choice[]> {
  return linesTo({placeholder: 'AXIS=VALUE', ...options}, value => parseChoices(name, value), [])
}

function buildSetting(summary: string): Input<Template | undefined> {
  return parsed({summary: `${summary} Templates are filled in.`, placeholder: 'PATH'}, (value, texts) =>
    parseSetting(value, namesOf(texts))
  )
}
