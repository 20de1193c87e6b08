/** How many scopes of a registry are remembered for one of ours, and how long each may be. */
const MAX_SCOPES = 8
const MAX_LENGTH = 1024

/**
 * The scopes that tokens are asked for. Ours say what is done in which repository; a registry behind a proxy that changes
 * names, or with scopes of its own, names others in its challenge (RFC 6750, 3), and knows no token without them. They
 * are asked for beside ours, first, for some token servers read one only; alone where both together do not help.
 */
export class ScopeBook {
  /** What challenges named beside ours, by our scopes. */
  readonly #named = new Map<string, readonly string[]>()
  /** Our scopes that tokens are not asked for any more, for those of the challenge do better alone. */
  readonly #alone = new Set<string>()
  #isSingle = false

  /** What a token is asked for, for whoever wants to do this. */
  wanted(ours: readonly string[]): readonly string[] {
    const key = keyOf(ours)
    const named = this.#named.get(key) ?? []
    const all = this.#alone.has(key) ? named : [...named, ...ours]
    return this.#isSingle ? all.slice(0, 1) : all
  }

  /**
   * Takes in what a challenge names.
   * @param asked what the token was asked for that was refused; undefined where there was none
   * @returns whether the challenge names what had been asked for, among other things, and is now asked for alone
   */
  learn(
    ours: readonly string[],
    challenged: string | undefined,
    asked: readonly string[] | undefined
  ): boolean {
    const key = keyOf(ours)
    const given = (challenged ?? '').split(/\s+/).filter(scope => scope !== '' && scope.length <= MAX_LENGTH)
    const further = given.filter(scope => !isCovered(scope, ours))
    if (further.length === 0) return false
    const named = this.#named.get(key) ?? []
    const kept = named.filter(scope => !further.includes(scope) && !isCovered(scope, further))
    this.#named.set(key, [...further, ...kept].slice(0, MAX_SCOPES))
    const isInVain = asked !== undefined && asked.length > 1 && further.every(scope => asked.includes(scope))
    if (!isInVain || this.#alone.has(key)) return false
    this.#named.set(key, further)
    this.#alone.add(key)
    return true
  }

  /** Asks for one scope at a time from now on. */
  askForOne(): void {
    this.#isSingle = true
  }
}

/** Whether one of the scopes is for the same resource and allows as much. */
function isCovered(scope: string, scopes: readonly string[]): boolean {
  const [resource, actions] = partsOf(scope)
  return scopes.some(other => {
    const [known, allowed] = partsOf(other)
    return known === resource && (allowed.includes('*') || actions.every(action => allowed.includes(action)))
  })
}

/** `repository:o/a:pull,push` is a resource and actions; an opaque scope is a resource of its own. */
function partsOf(scope: string): readonly [string, readonly string[]] {
  const [, resource = scope, actions = ''] = /^(.+:.+):([^:]*)$/.exec(scope) ?? []
  return [resource, actions.split(',')]
}

function keyOf(scopes: readonly string[]): string {
  return scopes.join(' ')
}
