/** What of a workflow shows that it is of a kind: each of these is found in it. */
type Marks = readonly RegExp[]

const BUILD = /docker\/build-push-action@/
const MERGE = /imagetools\s+create|docker-manifest-create-action/

/** By what a workflow is counted as one of a kind of `public-kinds.ts`. */
export const MARKS: Readonly<Record<string, Marks>> = {
  'a dash on a line of its own, as Docker writes steps': [/^ *-[ \t]*\n(?: *#.*\n)* +(?:name|uses|id|run):/m],
  'the image in a variable that is made of an expression': [
    /^ +\w*(?:IMAGE|REPO)\w*: .*\$\{\{/im,
    /\$\{\{ *env\.\w*(?:IMAGE|REPO)\w* *\}\}/i
  ],
  'a version that a step writes into a variable': [/docker\/|buildx/, />> *"?\$\{?GITHUB_(?:ENV|OUTPUT)/],
  'a version that a person writes': [/workflow_dispatch:\s*\{?\s*inputs:/, /docker\/|buildx/, /\binputs\.\w/],
  'variants by a matrix, with a flavor and platforms each': [
    /\bmatrix:/,
    /(?:flavor|suffix|tags|images): .*matrix\./
  ],
  'an attribute of another type, which metadata-action passes over': [/type=semver,(?:.*,)?event=/],
  'a merge that tries again': [MERGE, /\b(?:sleep|retry|retries)\b/],
  'tags of a merge from variables of its shell': [/imagetools create[^]*?(?:-t|--tag)[ =]+"?\$\{?[A-Z_]+/],
  'a tag of a merge that its own lines work out': [/imagetools create/, /^\s+\w*TAGS?\w*=\$\(/im],
  'tags of its own beside those of metadata-action, in a merge': [
    /DOCKER_METADATA_OUTPUT_JSON/,
    /imagetools create[^]*?(?:-t|--tag)[ =]+"?[\w$]/
  ],
  'a merge by an action': [/docker-manifest-create-action@/],
  'images for one platform each, joined by a job after them': [
    BUILD,
    /(?:tags: |^ +).*-\$\{\{ *matrix\.(?:arch|platform)/m,
    MERGE
  ],
  'a tag that an expression may bring along, with words behind it': [BUILD, /tags: *\$\{\{[^}]*\}\}-/],
  'a build, a signature, an attestation and a deployment': [
    BUILD,
    /cosign|attest-build-provenance|actions\/attest@/
  ],
  'a reusable workflow, with inputs and secrets of its callers': [/workflow_call:/, /docker\/|buildx/],
  'one job that does nothing else': [BUILD, /docker\/metadata-action@/],
  'a clean-up whose images stand in variables of the workflow': [
    /container-retention-policy@/,
    /image-names: *['\"]?\$\{\{ *env\./
  ],
  'a clean-up whose images a run decides': [
    /container-retention-policy@/,
    /image-names: *['\"]?\$\{\{ *(?!env\.)\w/
  ],
  'tags that are a whole output of a step': [
    BUILD,
    /tags: *['\"]?\$\{\{ *(?:steps|needs)\.(?!meta\b|metadata\b|docker_meta\b)[\w-]+\./
  ],
  bake: [/docker\/bake-action@|buildx bake/],
  goreleaser: [/goreleaser/i],
  ko: [/\bko-build\/setup-ko@|\bko (?:build|publish|apply|resolve)\b/],
  'images of one merge by a matrix': [
    MERGE,
    /\bmatrix:/,
    /imagetools create[^]*?matrix\.|matrix\.[^]*?imagetools create/
  ],
  'what GitHub refuses': [/inputs:\s*\}/]
}

/** The workflows that were tried, and the repositories that they are from: looked up in public, and not kept here. */
export const TRIED = {workflows: 123, repositories: 53}

/** Whether a workflow is of a kind; it may be of several. */
export function isOfKind(kind: string, text: string): boolean {
  return MARKS[kind]?.every(mark => mark.test(text)) === true
}
