import type {OciCode} from './refusal.js'

/** What a fault does to a request. */
export type FaultAction =
  | {
      /** Answers with this status instead. */
      readonly kind: 'status'
      readonly status: number
      readonly code?: OciCode
      /** The header `Retry-After`. */
      readonly retryAfterSeconds?: number
    }
  /** Breaks the connection off without an answer. */
  | {readonly kind: 'reset'}
  /** Breaks the connection off after so many bytes of the body. */
  | {readonly kind: 'truncate'; readonly afterBytes: number}
  /** Sends the right number of bytes, the first of them changed. */
  | {readonly kind: 'corrupt'}
  /** Says another digest in `Docker-Content-Digest`. */
  | {readonly kind: 'wrong-digest'; readonly digest?: string}
  /** Waits before the request is looked at. */
  | {readonly kind: 'delay'; readonly milliseconds: number}

/** One rule, as plain data: which requests go wrong, and how. */
export interface FaultRule {
  /** One method or several; any where left out. */
  readonly method?: string | readonly string[]
  /** The whole path, where `*` stands for any characters; with `?` in it, path and query. Any where left out. */
  readonly path?: string
  /** The first request that it hits, counted from 1 among those that match. */
  readonly nth?: number
  /** How many requests in a row it hits; without end where left out. */
  readonly times?: number
  /** Whether `status` and `reset` come before the work is done (the default) or after, when only the answer is lost. */
  readonly when?: 'before' | 'after'
  readonly action: FaultAction
}

/** The rules of a running registry. */
export interface Faults {
  add(...rules: readonly FaultRule[]): void
  clear(): void
}

/** Rules that count the requests they match. */
export class FaultBook implements Faults {
  #entries: {rule: FaultRule; pattern: RegExp; matches: number}[] = []

  constructor(rules: readonly FaultRule[] = []) {
    this.add(...rules)
  }

  add(...rules: readonly FaultRule[]): void {
    this.#entries.push(...rules.map(rule => ({rule, pattern: patternOf(rule.path ?? '*'), matches: 0})))
  }

  clear(): void {
    this.#entries = []
  }

  /** The rules that hit this request. Counts it for every rule that it matches. */
  hit(method: string, path: string, query: string): readonly FaultRule[] {
    return this.#entries
      .filter(({rule, pattern}) => {
        const text = rule.path?.includes('?') ? `${path}?${query}` : path
        return isMethod(rule.method, method) && pattern.test(text)
      })
      .filter(entry => {
        entry.matches += 1
        const {nth = 1, times = Infinity} = entry.rule
        return entry.matches >= nth && entry.matches < nth + times
      })
      .map(entry => entry.rule)
  }
}

function isMethod(wanted: string | readonly string[] | undefined, method: string): boolean {
  return wanted === undefined || wanted === method || (Array.isArray(wanted) && wanted.includes(method))
}

function patternOf(glob: string): RegExp {
  const parts = glob.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}
