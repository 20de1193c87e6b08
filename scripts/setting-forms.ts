import type {Input} from '../src/command/input.js'

const TAG = '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}'
const DIGEST = 'sha256:[0-9a-f]{64}'
const REPOSITORY = '[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+'
const DURATION = String.raw`\d+(?:ms|s|m|h|d|w)|0`
const ARCHITECTURE =
  '386|amd64|arm|arm64|loong64|mips|mips64|mips64le|mipsle|ppc64|ppc64le|riscv64|s390x|wasm|x86[-_]64|aarch64|armhf|armel|i386'
const PLATFORM = `[a-z0-9][a-z0-9_.]*/(?:${ARCHITECTURE})(?:/[a-z0-9][a-z0-9_.]*)?`

/** How one item of a setting is written, as an expression of JSON Schema; the tests hold them to the parsers. */
const FORMS: Readonly<Record<string, string>> = {
  platforms: anyCase(PLATFORM),
  digests: DIGEST,
  'annotation-levels': 'manifest|index|manifest-descriptor|index-descriptor',
  rights: 'pull|push|delete|login|artifacts|sign|sign-with-key|release',
  'untagged-age': DURATION,
  'orphans-age': DURATION,
  'keep-newest-untagged': String.raw`[1-9]\d{0,5}`,
  compression: anyCase('gzip|zstd|estargz'),
  'compression-level': String.raw`\d{1,2}`,
  'github-repository': REPOSITORY,
  'deployment-repository': REPOSITORY,
  'cache-size': String.raw`\d+(?:\.\d+)?\s*(?:[KMGTkmgt][Ii]?)?[Bb]?`
}
/** What docker/build-push-action takes and build-by-digest does not: the texts that mean the same all the same, mostly none. */
const NOT_TAKEN: Readonly<Record<string, string>> = {
  tags: '(?!)',
  outputs: '(?!)',
  load: anyCase('false'),
  call: 'build'
}

/** The form of a setting; undefined where only the command can judge its text. */
export function formOf(name: string, {shape}: Input<unknown>): string | undefined {
  if (name === 'tags' && shape === 'list') return TAG
  if (shape === 'text' && NOT_TAKEN[name] !== undefined) return NOT_TAKEN[name]
  if (name === 'push' && shape === 'text') return anyCase('true|false')
  return FORMS[name]
}

/** A text that is one item or nothing, whatever white space is around it. */
export function blankOr(form: string): RegExp {
  return new RegExp(String.raw`^\s*(?:${form})?\s*$`)
}

/** A text that is a list: items with commas or line breaks between them. */
export function itemsOf(form: string): RegExp {
  const item = String.raw`[^\S\r\n]*(?:${form})?[^\S\r\n]*`
  return new RegExp(String.raw`^${item}(?:[,\r\n]${item})*$`)
}

/** Whole numbers from one to another, as they are written: JSON Schema has no bounds for the text of a number. */
export function integerPattern(min: number, max: number): string {
  if (max - min > 1000) return min === 0 ? String.raw`\d{1,9}` : String.raw`0*[1-9]\d{0,8}`
  const numbers = Array.from({length: max - min + 1}, (_, index) => String(min + index))
  return `0*(?:${numbers.join('|')})`
}

function anyCase(form: string): string {
  return form
    .replaceAll(/(?<![[\\-])[a-z](?![-\]])/g, letter => `[${letter}${letter.toUpperCase()}]`)
    .replaceAll('[a-z', '[A-Za-z')
}
