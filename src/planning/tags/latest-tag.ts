import {type RuleContext, type RuleOutcome, type WantedTag} from './rule-outcome.js'
import {placeOf} from '../rules/rule.js'
import {isLiteral, renderTemplate} from '../rules/template.js'
import type {ReleaseVersion} from '../../versions/version.js'

/** The tag `latest` that the flavor gives, and what is to be said of it. */
export interface LatestTag {
  readonly tag?: WantedTag
  readonly notes: readonly string[]
}

const NO_LATEST: LatestTag = {notes: []}

/**
 * Whether a run earns `latest` beside its other tags. The flavor decides and, where it is auto, what was released: not
 * the order of the rules.
 */
export function planLatest(
  outcomes: readonly RuleOutcome[],
  version: ReleaseVersion | undefined,
  context: RuleContext
): LatestTag {
  const given = outcomes.filter(({tag}) => tag !== undefined)
  const {latest} = context.flavor
  if (given.length === 0 || latest === 'false') return NO_LATEST
  if (latest === 'true')
    return context.facts.isPullRequest ? refused(ON_PULL_REQUEST) : allowed(version, context, [])
  return planAutomatic(given, version, context)
}

const ON_PULL_REQUEST =
  'latest does not move to a pull request, whatever the flavor says (docker/metadata-action moves it). To move it, write type=raw,value=latest.'

function planAutomatic(
  given: readonly RuleOutcome[],
  version: ReleaseVersion | undefined,
  context: RuleContext
): LatestTag {
  if (given.some(({rule}) => rule.type === 'schedule')) return NO_LATEST
  if (!given.some(({tag}) => tag?.earnsLatest)) return withheld(given, version)
  const [first] = given
  const notes = first?.tag?.earnsLatest
    ? []
    : [
        `latest is given for the version that is released, although ${first === undefined ? 'another' : placeOf(first.rule)} comes first (docker/metadata-action lets the first rule decide). To go without, write latest=false in the flavor.`
      ]
  return isVariant(context) ? refused(OF_VARIANT) : allowed(version, context, notes)
}

const OF_VARIANT =
  'latest is left to the image without the flavor’s suffix (docker/metadata-action moves it for each variant). For latest with the suffix, write onlatest=true behind it; for a plain latest, write latest=true.'

/** docker/metadata-action gives `latest` for every Git tag that type=ref and type=match name. */
function withheld(given: readonly RuleOutcome[], version: ReleaseVersion | undefined): LatestTag {
  const isNamed = given.some(
    ({rule}) => rule.type === 'match' || (rule.type === 'ref' && rule.event === 'tag')
  )
  if (!isNamed || version?.isPrerelease !== true) return NO_LATEST
  return refused(
    `latest does not move to the pre-release ${version.raw} (docker/metadata-action moves it). To move it, write latest=true in the flavor.`
  )
}

/** A suffix tells the variants of one image apart; a prefix may be no more than the "v" of a version. */
function isVariant({flavor: {suffix}, facts}: RuleContext): boolean {
  return !suffix.onLatest && renderTemplate(suffix.template, facts.scope) !== ''
}

function allowed(
  version: ReleaseVersion | undefined,
  {flavor, facts}: RuleContext,
  notes: readonly string[]
): LatestTag {
  const [prefix, suffix] = [flavor.prefix, flavor.suffix].map(({template, onLatest}) =>
    onLatest ? renderTemplate(template, facts.scope) : ''
  )
  const isRendered = [flavor.prefix, flavor.suffix].some(
    ({template, onLatest}) => onLatest && !isLiteral(template)
  )
  const text = `${prefix ?? ''}latest${suffix ?? ''}`
  const tag = {text, kind: version === undefined ? 'branch' : 'alias', earnsLatest: true} as const
  const rendered = `The template around latest is filled in: ${text} (docker/metadata-action leaves it as it is written).`
  return {tag, notes: isRendered ? [...notes, rendered] : notes}
}

function refused(note: string): LatestTag {
  return {notes: [note]}
}
