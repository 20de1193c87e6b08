import {parseDigest, shortDigest} from '../oci/digest.js'
import {type InputTable, parseInputs} from '../command/input.js'
import type {buildMatrix} from '../planning/jobs/matrix.js'
import type {Ports, Reporter} from '../ports.js'
import type {StepTime} from './demo-report.js'
import {formatSeconds} from '../shared/format.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import {buildByDigest} from '../building/build-by-digest.js'
import {cleanupLatest} from '../cleanup/cleanup-latest.js'
import type {Command, OutputTable, Outputs} from '../command/command.js'
import {computeTags} from '../planning/compute-tags.js'
import {mergeManifest} from '../publishing/merge-manifest.js'
import {verifyRelease} from '../publishing/verify-release.js'

/** One release of the demo. */
export interface DemoRelease {
  readonly version: string
  readonly run: WorkflowRun
  /** The folder to build. */
  readonly context: string
  readonly images: readonly string[]
  readonly builder: string
  /** Show what the steps say, not only how they end. */
  readonly isVerbose: boolean
}

const RULES = ['{{version}}', '{{major}}.{{minor}}', '{{major}}']
  .map(pattern => `type=semver,pattern=${pattern}`)
  .join('\n')

/** Runs the steps of a release one after the other, as jobs of a workflow would, and says how long each took. */
export async function runDemoRelease(release: DemoRelease, ports: Ports): Promise<StepTime[]> {
  const steps = new DemoSteps(release, ports)
  const planned = await steps.run('plan', computeTags, {images: release.images.join('\n'), tags: RULES})
  steps.say(`${planned['tag-names'].split('\n').join(', ')} on ${release.images.length} registries`)
  const {include} = JSON.parse(planned['build-matrix']) as ReturnType<typeof buildMatrix>
  for (const {platform} of include) {
    const texts = {
      plan: planned.plan,
      platforms: platform,
      context: release.context,
      builder: release.builder,
      // podman and buildah keep the sample's HEALTHCHECK in this format only.
      format: 'docker'
    }
    const built = await steps.run('build', buildByDigest, texts)
    steps.say(`${platform} ${shortDigest(parseDigest(built.digest))}, pushed without a tag`)
  }
  const merged = await steps.run('merge', mergeManifest, {plan: planned.plan})
  steps.say(
    `index ${shortDigest(parseDigest(merged.digest))}, ${merged.tags.split('\n').length} tags moved and read back`
  )
  const verified = await steps.run('verify', verifyRelease, {release: merged.release})
  steps.say(`${verified.verified.split('\n').length} tags pull on every platform`)
  const cleaned = await steps.run('clean up', cleanupLatest, {
    release: merged.release,
    'keep-versions': '1',
    // The registry is the demo's own.
    'allow-deletion': 'true',
    'min-age': '0'
  })
  const count = cleaned.deleted === '' ? 0 : cleaned.deleted.split('\n').length
  steps.say(count === 0 ? 'nothing was superseded' : `${count} manifests of the version before are gone`)
  return steps.times
}

class DemoSteps {
  readonly times: StepTime[] = []
  readonly #release: DemoRelease
  readonly #ports: Ports
  #step = ''
  #milliseconds = 0

  constructor(release: DemoRelease, ports: Ports) {
    this.#release = release
    this.#ports = ports
  }

  /** Runs a command with texts as a command line would give them. */
  async run<Inputs extends InputTable, Out extends OutputTable>(
    step: string,
    command: Command<Inputs, Out>,
    texts: Readonly<Record<string, string>>
  ): Promise<Outputs<Extract<keyof Out, string>>> {
    const {reporter, clock} = this.#ports
    const quiet = quietReporter(reporter)
    const log = this.#release.isVerbose ? reporter : quiet
    const workflowRun = (): Promise<WorkflowRun> => Promise.resolve(this.#release.run)
    const start = clock.now()
    const outputs = await this.#attempt(quiet, () =>
      command.run(parseInputs(command.inputs, texts), {...this.#ports, reporter: log, workflowRun})
    )
    this.#step = step
    this.#milliseconds = clock.now() - start
    this.times.push({step, version: this.#release.version, milliseconds: this.#milliseconds})
    return outputs
  }

  /** Says how the last step ended. */
  say(result: string): void {
    this.#ports.reporter.info(
      `  ${this.#step.padEnd(9)} ${formatSeconds(this.#milliseconds, 2).padStart(7)}  ${result}`
    )
  }

  async #attempt<T>(quiet: QuietReporter, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      quiet.showHeld()
      throw error
    }
  }
}

/** A log that is held back, and shown only where something went wrong. */
export interface QuietReporter extends Reporter {
  /** Says all that was held back. */
  showHeld(): void
}

/** Holds the lines of a step back from a reader who only wants to know how it ended. Warnings get through. */
export function quietReporter(reporter: Reporter): QuietReporter {
  const held: string[] = []
  const hold = (line: string): void => void held.push(line)
  return {
    ...reporter,
    info: hold,
    notice: hold,
    activity: undefined,
    progress: () => ({advance: () => undefined, end: () => undefined}),
    async group(title, body) {
      hold(title)
      return await body()
    },
    showHeld() {
      for (const line of held) reporter.info(line)
    }
  }
}
