import type {InputTable, InputValues} from './input.js'
import type {Ports} from '../ports.js'
import {TIMES_OUTPUT} from '../contracts/step-times.js'

/** What a command gives out: texts by their names in kebab-case. */
export type Outputs<Name extends string = string> = Readonly<Record<Name, string>>

/** The outputs of a command, each with one sentence of what it holds. */
export type OutputTable = Readonly<Record<string, string>>

/**
 * Outputs that a host keeps beside giving them out, together under one name: GitHub drops an output that holds the value
 * of a secret, and takes none that is too large.
 */
export interface CrossingDocuments {
  readonly outputs: readonly string[]
  /** The output that says where they are kept; `run` gives out how that name begins, and the host completes it. */
  readonly place: string
}

/** One command: data that hosts, generator and documentation read, and the function that does it. */
export interface Command<Inputs extends InputTable = InputTable, Out extends OutputTable = OutputTable> {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** A paragraph for `--help` and the README. */
  readonly description: string
  readonly inputs: Inputs
  readonly outputs: Out
  /** Names of further outputs, which depend on the inputs. */
  readonly furtherOutputs?: RegExp
  /** Command lines with a remark, for `--help`. */
  readonly examples: readonly {readonly line: string; readonly remark: string}[]
  /** Outputs that a host which can set variables also exports, as the prefix and their name in upper case. */
  readonly exports?: {readonly prefix: string; readonly outputs: readonly string[]}
  /** Whether it moves tags: a command line notes how such a run went, for doctor. */
  readonly movesTags?: boolean
  /** Whether its times are shown in the journey of a release: they are an output beside its own. */
  readonly isTimed?: boolean
  /** Outputs with one value a line: a command line gives each as a list. */
  readonly lists?: readonly string[]
  /** Outputs that cross jobs and may be lost or too large on their way. */
  readonly documents?: CrossingDocuments
  /** The output that a command line prints as it is, where it is not asked for another. */
  readonly prints?: string
  /**
   * Where in the file of settings its inputs may stand: at the top, in the section that has its name, or in that of another
   * command, whose inputs it takes. A default must not look like an input then.
   */
  readonly settings?: 'top' | 'section' | {readonly of: string}
  run(inputs: InputValues<Inputs>, ports: Ports): Promise<Outputs<Extract<keyof Out, string>>>
}

/** Gives a command its exact types. */
export function command<const Inputs extends InputTable, const Out extends OutputTable>(
  definition: Command<Inputs, Out>
): Command<Inputs, Out> {
  if (definition.isTimed !== true) return definition
  return {...definition, outputs: {...definition.outputs, [TIMES_OUTPUT]: TIMES}}
}

const TIMES = 'JSON: when this step began and how long it took; report shows it in the journey of a release.'
