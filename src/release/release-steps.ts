import {messageOf} from '../errors.js'
import type {Ports, Reporter} from '../ports.js'
import {type Markdown, prose} from '../shared/markdown.js'
import {type ReleaseStep, type StepReport, releaseSummary} from './release-summary.js'
import {isAfterUndoing} from '../publishing/move/tag-transaction.js'

/** How far the tags of a release have come: what is said where it ends early. */
export type TagState = 'untouched' | 'moving' | 'moved'

const TITLES: Readonly<Record<ReleaseStep, string>> = {
  plan: 'Plan',
  check: 'Preflight',
  build: 'Build',
  merge: 'Merge',
  verify: 'Verify',
  notes: 'Notes',
  'clean-up': 'Clean up'
}

/** Runs the steps of a release in this process, tells each apart in the log, and all of them in one summary. */
export class ReleaseSteps {
  readonly #ports: Ports
  readonly #reports: StepReport[] = []
  #tags: TagState = 'untouched'
  #title = prose`Release`

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Every step that has begun, in order. */
  get reports(): readonly StepReport[] {
    return this.#reports
  }

  /** What the summary is called, when it is known. */
  set title(title: Markdown) {
    this.#title = title
  }

  /** Runs one step; what it says for the summary is kept for that of the whole. */
  async run<T>(step: ReleaseStep, work: (ports: Ports) => Promise<T>): Promise<T> {
    const {reporter, clock, signal} = this.#ports
    signal.throwIfAborted()
    const sections: Markdown[] = []
    const report: {step: ReleaseStep; sections: Markdown[]; milliseconds: number; isDone: boolean} = {
      step,
      sections,
      milliseconds: 0,
      isDone: false
    }
    this.#reports.push(report)
    if (step === 'merge') this.#tags = 'moving'
    const start = clock.now()
    try {
      const ports = {...this.#ports, reporter: withinStep(reporter, sections)}
      const result = await reporter.group(TITLES[step], async () => await work(ports))
      if (step === 'merge') this.#tags = 'moved'
      report.isDone = true
      return result
    } finally {
      report.milliseconds = clock.now() - start
    }
  }

  /** Does all of a release, writes its summary, and where it ends early says what became of the tags. */
  async tell<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work()
      this.#summarize(undefined)
      return result
    } catch (error) {
      const state = this.#stateAfter(error)
      this.#summarize(`${messageOf(error)}\n\n${state}`)
      if (this.#reports.length > 0) this.#ports.reporter.notice(state)
      throw error
    }
  }

  #summarize(fault: string | undefined): void {
    if (this.#reports.length === 0) return
    this.#ports.reporter.summary(releaseSummary(this.#title, this.#reports, fault))
  }

  /** Where a merge had begun to move tags, its own error has read what is at each. */
  #stateAfter(error: unknown): string {
    const isBegun = this.#reports.some(({step, isDone}) => step === 'build' && isDone)
    const next = isBegun || this.#reports.some(({step}) => step === 'build') ? ` ${RESUME}` : ''
    if (this.#tags === 'moved') return `All tags of this release are moved.${next}`
    return isAfterUndoing(error)
      ? `Tags had begun to move; what is at each now is said below.${next}`
      : `No tag was moved.${next}`
  }
}

const RESUME = 'Continue with the same call and --resume.'

/** A step stands in a group of its own, in which others cannot be folded: they are lines. */
function withinStep(reporter: Reporter, sections: Markdown[]): Reporter {
  return {
    ...reporter,
    async group(title, body) {
      reporter.info(title)
      return await body()
    },
    summary: markdown => void sections.push(markdown)
  }
}
