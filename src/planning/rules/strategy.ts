import {type Flavor, PLAIN_FLAVOR, parseFlavor} from './flavor.js'
import {DEFAULT_RULES, parseRules} from './rule-grammar.js'
import type {TagRule} from './rule.js'
import {type TagPolicy, parsePolicy} from '../tags/tag-kind.js'

/** The words of the input `strategy`: sets of rules that come ready-made. */
export const STRATEGIES = ['release', 'environments', 'variants', 'versioned-names'] as const
export type StrategyName = (typeof STRATEGIES)[number]

/** What a strategy stands for, as a user could write it in `tags`, `flavor` and `policy`. */
export interface StrategyText {
  readonly tags: string
  readonly flavor: string
  readonly policy: string
}

/** The strategies in the grammar of the inputs, to be copied and changed where one does not fit. */
export const STRATEGY_TEXTS: Readonly<Record<StrategyName, StrategyText>> = {
  /** 1.2.3, 1.2, 1 and latest for a version; nothing for anything else. */
  release: {
    tags: `type=semver,pattern={{version}},on=tag
type=semver,pattern={{major}}.{{minor}},on=tag
type=semver,pattern={{major}},on=tag`,
    flavor: 'latest=auto',
    policy: ''
  },
  /** develop-860c190, staging-860c190, v1.2.3, main-latest, latest for main whatever the default branch is, and the whole commit. */
  environments: {
    tags: `type=semver,pattern=v{{version}},on=tag
type=ref,event=branch,suffix=-latest
type=raw,value=latest,on=branch:main branch:master
type=sha,prefix={{branch}}-,on=branch:develop branch:staging
type=sha,format=long,prefix=,on=branch tag`,
    flavor: 'latest=false',
    policy: ''
  },
  /** latest and 1.2.3 for the default variant, python3.13 and 1.2.3-python3.13 for each; main and dev on the default branch. */
  variants: {
    tags: `type=semver,pattern={{version}},on=tag,enable={{is_default_variant}}
type=semver,pattern=latest,on=tag,enable={{is_default_variant}}
type=semver,pattern={{version}}-{{variant}},on=tag
type=semver,pattern={{variant}},on=tag
type=ref,event=branch,on=default-branch,enable={{is_default_variant}}
type=raw,value=dev,on=default-branch,enable={{is_default_variant}}`,
    flavor: 'latest=false',
    policy: ''
  },
  /** v1.2.3 in a repository for each variant, built again by schedule and by hand; latest for Git tags only. */
  'versioned-names': {
    tags: `type=semver,pattern=v{{version}},on=tag schedule workflow_dispatch
type=semver,pattern=latest,on=tag`,
    flavor: 'latest=false',
    policy: 'version=moving'
  }
}

/** A strategy as it is worked with. */
export interface Strategy {
  readonly rules: readonly TagRule[]
  readonly flavor: Flavor
  readonly policy: TagPolicy
}

/**
 * Reads a strategy; without one the rules are those of docker/metadata-action.
 * @param names what templates may name beside the facts of the run
 */
export function strategyOf(name: StrategyName | undefined, names: readonly string[]): Strategy {
  if (name === undefined) return {rules: parseRules(DEFAULT_RULES), flavor: PLAIN_FLAVOR, policy: new Map()}
  const {tags, flavor, policy} = STRATEGY_TEXTS[name]
  return {
    rules: parseRules(tags, names, `the strategy ${name}`),
    flavor: parseFlavor(flavor, names),
    policy: parsePolicy(policy)
  }
}

/** Whether a strategy makes sense only with variants. */
export function needsVariants(name: StrategyName | undefined): boolean {
  return name === 'variants'
}
