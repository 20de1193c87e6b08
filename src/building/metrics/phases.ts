import type {PhaseMetric} from '../../contracts/metrics.js'
import type {Clock} from '../../ports.js'

/** Measures what a job does, one phase after the other. */
export class Phases {
  readonly #clock: Pick<Clock, 'now'>
  readonly #began: number
  readonly #measured: PhaseMetric[] = []

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#began = clock.now()
  }

  /** When the job began, as ISO 8601. */
  get began(): string {
    return new Date(this.#began).toISOString()
  }

  get measured(): readonly PhaseMetric[] {
    return this.#measured
  }

  async measure<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = this.#clock.now()
    try {
      return await work()
    } finally {
      this.add(name, start, this.#clock.now() - start)
    }
  }

  /** Adds what was measured elsewhere. @param start milliseconds since the epoch */
  add(name: string, start: number, milliseconds: number): void {
    this.#measured.push({name, start: start - this.#began, milliseconds})
  }
}
