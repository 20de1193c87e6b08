import {type Input, type InputValues, choice, count, flag, list} from '../command/input.js'
import {nearest} from '../shared/did-you-mean.js'
import {InputError} from '../errors.js'
import {buildInputs} from '../building/inputs/build-inputs.js'
import {changeInputs} from '../planning/change-inputs.js'
import {cleanupInputs} from '../cleanup/cleanup-inputs.js'
import {evidenceInputs} from '../signing/evidence-inputs.js'
import {githubToken} from '../github/github-inputs.js'
import {planInputs} from '../planning/plan-inputs.js'
import {previewInputs} from '../planning/preview/planned-release.js'

/** The steps of a release after which it can be stopped. */
export const STOPS = ['plan', 'build', 'merge', 'end'] as const

/** Steps that a release can do without. */
export const SKIPPED_STEPS = ['preflight', 'verify', 'notes', 'clean-up'] as const
export type SkippedStep = (typeof SKIPPED_STEPS)[number]

const ownInputs = {
  until: choice(STOPS, {
    summary:
      'The last step: plan, build (images are in the registries without a tag), merge (tags moved), or end. With resume, a later call continues from there.',
    default: 'end',
    isOfCall: true
  }),
  skip: list(
    {
      summary: 'Steps to leave out: preflight, verify, notes, clean-up.',
      placeholder: 'STEP',
      isOfCall: true
    },
    parseStep
  ),
  resume: flag({
    summary:
      'Continue a release that failed, was killed or was stopped by until: what it built of the same sources, and is in every registry by its digest, is not built again.',
    isOfCall: true
  }),
  'dry-run': flag({
    summary: 'Show what would be built, pushed, moved and deleted, and why; change nothing.',
    isOfCall: true
  }),
  json: flag({summary: 'Print the result as JSON.', isOfCall: true}),
  'at-once': count({
    summary: 'How many images are built side by side.',
    default: '4',
    min: 1,
    max: 64,
    isOfCall: true
  })
}

/** Inputs of other commands, which count more here than what the file of settings says in their sections. */
export const passedInputs = {
  'build-by-digest': {
    builder: ofCall(buildInputs.builder),
    format: ofCall(buildInputs.format),
    secrets: ofCall(buildInputs.secrets),
    'secret-envs': ofCall(buildInputs['secret-envs']),
    'secret-files': ofCall(buildInputs['secret-files']),
    cache: ofCall(buildInputs.cache),
    test: ofCall(buildInputs.test),
    scan: ofCall(buildInputs.scan)
  },
  'merge-manifest': {
    sign: ofCall(evidenceInputs.sign),
    'sign-key': ofCall(evidenceInputs['sign-key']),
    attest: ofCall(evidenceInputs.attest)
  },
  'cleanup-latest': {
    'min-age': ofCall(cleanupInputs['min-age']),
    'allow-deletion': ofCall(cleanupInputs['allow-deletion'])
  }
}

/** The inputs of a release: what a plan is made of, and what of the other steps one may wish to say in one call. */
export const releaseInputs = {
  ...planInputs,
  ...previewInputs,
  ...changeInputs,
  ...ownInputs,
  ...passedInputs['build-by-digest'],
  ...passedInputs['merge-manifest'],
  ...passedInputs['cleanup-latest'],
  'github-token': githubToken
}

/** What the inputs of a release say. */
export type ReleaseValues = InputValues<typeof releaseInputs>

/** The same input for one call: without a default, so that the file of settings may speak where it is not given. */
function ofCall<T>(input: Input<T>): Input<T | undefined> {
  return {...input, default: '', absent: undefined, isOfCall: true}
}

function parseStep(step: string): SkippedStep {
  const found = SKIPPED_STEPS.find(one => one === step)
  if (found !== undefined) return found
  const guess = nearest(step, SKIPPED_STEPS)
  const message = `${JSON.stringify(step)} is not one of ${SKIPPED_STEPS.join(', ')}`
  throw new InputError([{input: 'skip', message: guess ? `${message}; did you mean ${guess}?` : message}])
}
