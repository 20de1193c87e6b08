/** Several faults of one input, for a list whose items are wrong one by one. */
export class InputFaults extends Error {
  /** @param isShown whether they may be shown of a secret, too: nothing of its value is in them */
  constructor(
    readonly faults: readonly string[],
    readonly isShown = false
  ) {
    super(faults.join('; '))
  }
}
