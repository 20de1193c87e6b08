import type {Lab} from './lab.js'

/** One sentence of the specification, and the experiment that shows whether a registry keeps to it. */
export interface Requirement {
  /** The endpoint or section, and a short name that is unique. */
  readonly id: string
  readonly level: 'MUST' | 'SHOULD' | 'MAY'
  /** The sentence, shortened. */
  readonly quote: string
  /** Does the experiment, and says in plain values what came out. */
  readonly observe: (lab: Lab) => Promise<unknown>
  /** What the specification wants to come out; several where it leaves the choice. */
  readonly allowed: readonly unknown[]
}

/** A sentence that leaves one result. */
export function must(
  id: string,
  quote: string,
  expected: unknown,
  observe: Requirement['observe']
): Requirement {
  return {id, level: 'MUST', quote, allowed: [expected], observe}
}

/** A sentence that leaves several results; the embedded registry has the first one. */
export function mustBeOneOf(
  id: string,
  quote: string,
  allowed: readonly unknown[],
  observe: Requirement['observe']
): Requirement {
  return {id, level: 'MUST', quote, allowed, observe}
}

/** A sentence that a registry may have a reason not to follow; the embedded one follows it. */
export function should(
  id: string,
  quote: string,
  expected: unknown,
  observe: Requirement['observe']
): Requirement {
  return {id, level: 'SHOULD', quote, allowed: [expected], observe}
}

/** A sentence that leaves a choice; the embedded registry makes the first one. */
export function may(
  id: string,
  quote: string,
  allowed: readonly unknown[],
  observe: Requirement['observe']
): Requirement {
  return {id, level: 'MAY', quote, allowed, observe}
}
