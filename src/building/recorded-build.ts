import {createHash} from 'node:crypto'
import {CREATED} from '../oci/annotations.js'
import {type Platform, formatPlatform} from '../oci/platform.js'
import type {RecordedBuild} from '../contracts/record-origin.js'
import type {BuildJob} from './build-job.js'
import type {Compression} from './builders/compression.js'

/** What a builder is asked for, as far as it makes another image of another. */
export interface AskedBuild {
  /** The image that another tool has built; absent where one is built. */
  readonly source?: string | undefined
  readonly context: string
  readonly file?: string
  readonly target?: string
  readonly platform: Platform
  readonly format: string
  readonly buildArgs: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly buildContexts: readonly string[]
  readonly compression?: Compression
}

/** Hex digits of a fingerprint: few builds are compared with one another. */
const LENGTH = 12

/**
 * What tells the digest record of this build from that of any other of the same name.
 * @param roots folders of the machine that mean the same on every machine, such as the work tree
 */
export function recordedBuild(
  {plan, images}: Pick<BuildJob, 'plan' | 'images'>,
  asked: AskedBuild,
  roots: readonly string[]
): RecordedBuild {
  const place = (text: string | undefined): string | null =>
    text === undefined ? null : withoutRoot(withoutLogin(text), roots)
  const {source, context, file, target, platform, format, buildArgs, labels, annotations, compression} = asked
  const outline = [
    images.map(({registry, name}) => `${registry}/${name}`),
    source === undefined ? place(context) : null,
    ...[place(source), place(file), target ?? null, formatPlatform(platform), format],
    buildArgs.map(arg => arg.split('=')[0]),
    asked.buildContexts.map(place),
    ...(compression === undefined ? [] : [[compression.format, compression.level ?? null]])
  ]
  return {
    ...(plan === undefined ? {} : {plan}),
    made: madeOf(asked, place),
    fingerprint: hash([outline, buildArgs, entriesOf(labels), entriesOf(annotations)]),
    outline: hash(outline)
  }
}

function madeOf(
  {source, context, file, target, platform}: AskedBuild,
  place: (text: string) => string | null
): string {
  const from =
    source === undefined
      ? [
          `context ${String(place(context))}`,
          ...(file === undefined ? [] : [`file ${String(place(file))}`]),
          ...(target === undefined ? [] : [`stage ${target}`])
        ]
      : [`source ${String(place(source))}`]
  return [...from, formatPlatform(platform)].join(', ')
}

/** An address may hold a name and a password, and those of a signature. */
function withoutLogin(text: string): string {
  return text.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1').replace(/\?[^#]*/, '')
}

function withoutRoot(text: string, roots: readonly string[]): string {
  const root = roots.find(one => one !== '' && (text === one || text.startsWith(`${one}/`)))
  return root === undefined ? text : text.slice(root.length + 1) || '.'
}

/** Without the date of the commit: where that is not known, it is the time of the run. */
function entriesOf(entries: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(entries)
    .filter(([key]) => key !== CREATED)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function hash(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, LENGTH)
}
