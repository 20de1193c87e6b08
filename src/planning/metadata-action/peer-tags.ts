import parseSemver from 'semver/functions/parse.js'
import {boundedExpression} from '../../patterns/bounded-expression.js'
import {commitDateOf} from '../../ci/run-facts.js'
import {parsePep440} from '../../versions/pep440.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {PeerFault, PeerUnknown} from './peer-fault.js'
import {type PeerFlavor, type PeerRule, readPeerFlavor, readPeerImages, readPeerRules} from './peer-rules.js'
import {type PeerScope, isRawStatement, renderPeerTemplate} from './peer-template.js'

/** The inputs of a step of docker/metadata-action that decide its tags. */
export interface PeerInputs {
  readonly images: string
  readonly tags: string
  readonly flavor: string
  /** DOCKER_METADATA_SHORT_SHA_LENGTH; 7 where nothing says so. */
  readonly shortShaLength: number
}

/** A tag, and the rule that gives it; the flavor where there is none. */
export interface PeerTag {
  readonly name: string
  /** Before it was put into the form of a tag. */
  readonly text: string
  /** What the rule gives, without prefix and suffix. */
  readonly value: string
  readonly rule: PeerRule | undefined
}

/** What docker/metadata-action gives in a run. */
export interface PeerTags {
  readonly images: readonly string[]
  /** The version first, `latest` of the flavor last. */
  readonly tags: readonly PeerTag[]
  readonly flavor: PeerFlavor
  /** The rules that are enabled in the run, by priority. */
  readonly rules: readonly PeerRule[]
  /** Whether `latest` is given, by the flavor or by the first rule. */
  readonly isLatest: boolean
}

interface Run {
  readonly run: WorkflowRun
  readonly ref: string
  readonly flavor: PeerFlavor
  readonly scope: PeerScope
}

/** What one rule comes to: a text, and whether `latest=auto` gives latest for it. */
interface Given {
  readonly text: string
  readonly latest: boolean
}

/**
 * The tags that docker/metadata-action gives for a run, by its src/meta.ts (v6).
 * @throws PeerFault where it fails
 * @throws PeerUnknown where this does not say what it would do
 */
export function peerTags(inputs: PeerInputs, run: WorkflowRun): PeerTags {
  const [images, rules, flavor] = [
    readPeerImages(inputs.images),
    readPeerRules(inputs.tags),
    readPeerFlavor(inputs.flavor)
  ]
  const isTarget = run.event === 'pull_request_target' && run.pullRequest !== undefined
  const ref = isTarget ? `refs/pull/${run.pullRequest}/merge` : run.ref
  const of: Run = {run, ref, flavor, scope: scopeOf(run, ref, inputs.shortShaLength)}
  const tags: PeerTag[] = []
  const enabled: PeerRule[] = []
  let latest: boolean | undefined
  for (const rule of rules) {
    const enable = render(rule, 'enable', of)
    if (enable !== 'true' && enable !== 'false')
      throw new PeerFault(`Invalid value for enable attribute: ${enable}`)
    if (enable === 'true') enabled.push(rule)
    const given = enable === 'true' ? applyPeerRule(rule, of) : undefined
    const text = given === undefined ? '' : decorated(given.text, rule, of)
    if (given === undefined || text === '') continue
    const name = sanitized(text)
    if (tags.every(tag => tag.name !== name)) tags.push({name, text, value: given.text, rule})
    latest ??= flavor.latest === 'auto' ? given.latest : flavor.latest === 'true'
  }
  const around = `${flavor.prefixLatest ? flavor.prefix : ''}latest${flavor.suffixLatest ? flavor.suffix : ''}`
  const name = sanitized(around)
  if (latest === true && tags.every(tag => tag.name !== name))
    tags.push({name, text: around, value: 'latest', rule: undefined})
  return {images, tags, flavor, rules: enabled, isLatest: latest === true}
}

function scopeOf(run: WorkflowRun, ref: string, shortShaLength: number): PeerScope {
  const [branch, tag] = [nameIn('refs/heads/', ref), nameIn('refs/tags/', ref)]
  const isDefault =
    (run.defaultBranch !== undefined && ref.replace(/^refs\/heads\//, '') === run.defaultBranch) ||
    /create|discussion|issues|schedule/.test(run.event)
  const base = branch === undefined ? (run.baseRef ?? '').replace(/^refs\/heads\//, '') : ''
  return {
    values: {
      branch: branch ?? '',
      tag: tag ?? '',
      sha: run.sha.slice(0, shortShaLength),
      base_ref: base,
      is_default_branch: String(isDefault),
      is_not_default_branch: String(!isDefault)
    },
    dates: {date: run.startedAt, commit_date: commitDateOf(run)}
  }
}

function nameIn(start: string, ref: string): string | undefined {
  return ref.startsWith(start) ? ref.slice(start.length) : undefined
}

function render({attributes}: PeerRule, name: string, {scope}: Run): string {
  return renderPeerTemplate(attributes[name] ?? '', scope)
}

function decorated(text: string, {attributes}: PeerRule, {flavor, scope}: Run): string {
  const prefix = renderPeerTemplate(attributes['prefix'] ?? flavor.prefix, scope)
  const suffix = renderPeerTemplate(attributes['suffix'] ?? flavor.suffix, scope)
  return `${prefix}${text}${suffix}`
}

function sanitized(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9._-]+/g, '-')
}

function applyPeerRule(rule: PeerRule, of: Run): Given | undefined {
  const {attributes, type} = rule
  const {ref, run} = of
  const plain = (text: string | undefined): Given | undefined =>
    text === undefined ? undefined : {text, latest: false}
  switch (type) {
    case 'schedule':
      return run.event.includes('schedule')
        ? plain(renderPeerTemplate(attributes['pattern'] ?? '', {values: {}, dates: of.scope.dates}))
        : undefined
    case 'semver':
    case 'pep440':
      return applyVersion(rule, of)
    case 'match':
      return applyMatch(rule, of)
    case 'edge': {
      const branch = attributes['branch'] || run.defaultBranch
      return branch !== undefined && nameIn('refs/heads/', ref) === branch ? plain('edge') : undefined
    }
    case 'ref':
      return applyRef(attributes['event'], of)
    case 'raw':
      return plain(render(rule, 'value', of))
    default:
      return plain(attributes['format'] === 'short' ? of.scope.values['sha'] : run.sha)
  }
}

function applyRef(event: string | undefined, {ref}: Run): Given | undefined {
  const start = {branch: 'refs/heads/', tag: 'refs/tags/', pr: 'refs/pull/'}[event ?? ''] ?? ''
  const name = nameIn(start, ref)
  if (name === undefined) return undefined
  return {text: event === 'pr' ? name.replace(/\/merge$/, '') : name, latest: event === 'tag'}
}

/** The text that version and match rules read. */
function sourceOf(rule: PeerRule, of: Run): string | undefined {
  return rule.attributes['value'] === '' ? nameIn('refs/tags/', of.ref) : render(rule, 'value', of)
}

function applyVersion(rule: PeerRule, of: Run): Given | undefined {
  const source = sourceOf(rule, of)
  if (source === undefined) return undefined
  const match = rule.attributes['match'] ?? ''
  const found = match === '' ? undefined : expression(match).find(source)
  if (found !== undefined && found[1] === undefined) throw new PeerFault(`match=${match} has no group`)
  const text = (found?.[1] ?? source).replaceAll('/', '-')
  return rule.type === 'semver' ? semverText(text, rule) : pep440Text(text, rule)
}

function semverText(text: string, {attributes}: PeerRule): Given | undefined {
  const version = parseSemver(text)
  if (version === null) return undefined
  const isPre = version.prerelease.length > 0
  const {pattern = ''} = attributes
  const values = {
    raw: version.raw,
    version: version.version,
    major: String(version.major),
    minor: String(version.minor),
    patch: String(version.patch),
    prerelease: version.prerelease.join(','),
    build: version.build.join(',')
  }
  const written = isPre && !isRawStatement(pattern) ? '{{version}}' : pattern
  return {text: renderPeerTemplate(written, {values, dates: {}}), latest: !isPre}
}

function pep440Text(text: string, {attributes}: PeerRule): Given | undefined {
  const version = parsePep440(text)
  if (version === undefined) return undefined
  const {pattern = ''} = attributes
  // Its parts stand in an array there, which has commas as text.
  const local = version.local?.toLowerCase().replaceAll(/[-_.]/g, ',')
  const whole = local === undefined ? version.version : `${version.version}+${local}`
  if (version.isPrerelease || version.post !== undefined)
    return {text: isRawStatement(pattern) ? text : whole, latest: false}
  const [major = '0', minor = '0', patch = '0'] = version.release
  const values = {raw: text, version: whole, major, minor, patch}
  return {text: renderPeerTemplate(pattern, {values, dates: {}}), latest: true}
}

function applyMatch(rule: PeerRule, of: Run): Given | undefined {
  const source = sourceOf(rule, of)
  if (source === undefined) return undefined
  const {pattern = '', group = '0'} = rule.attributes
  const [, body = pattern, flags = ''] = /^\/(.+)\/(.*)$/.exec(pattern) ?? []
  if (flags.includes('g') && group !== '0') throw new PeerUnknown(`group=${group} with the flag g`)
  const found = expression(body, flags.replace('g', '')).find(source)?.[Number(group)]
  return found === undefined ? undefined : {text: found, latest: true}
}

function expression(source: string, flags = ''): ReturnType<typeof boundedExpression> {
  try {
    return boundedExpression(source, flags)
  } catch (error) {
    if (error instanceof SyntaxError) throw new PeerFault(error.message, {cause: error})
    throw new PeerUnknown(`the regular expression ${source}`, {cause: error})
  }
}
