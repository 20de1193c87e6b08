import {openPrograms} from '../../src/machine/exec.js'

/** Programs of this machine, in a run that is never cancelled. */
export const execPrograms = openPrograms(new AbortController().signal)
