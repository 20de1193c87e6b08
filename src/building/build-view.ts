import type {BuildMetrics} from '../contracts/metrics.js'
import {metricsOf} from './metrics/measured-build.js'
import {passedGates} from './metrics/passed-gates.js'
import {baselineOf, growthOf} from './metrics/metrics-growth.js'
import type {BuildView, PushView} from './build-result.js'
import type {GateResults, GateWork} from './build-gates.js'

/** What became of a build that passed everything: for outputs, log, summary and metrics. */
export function viewOf(
  work: GateWork,
  pushes: readonly PushView[],
  results: GateResults,
  earlier: readonly BuildMetrics[]
): BuildView {
  const {place, built, phases, given} = work
  const {job} = place
  const {cacheHits, milliseconds: buildMilliseconds} = built
  const {scan} = results
  const metrics = metricsOf({
    job,
    builder: built.builder,
    digest: built.image.root.digest,
    image: built.document,
    layers: built.config.layers,
    buildMilliseconds,
    cacheHits,
    scan,
    pushes,
    phases: phases.measured,
    gates: passedGates(work, results),
    began: phases.began
  })
  return {
    job,
    builder: built.builder,
    root: built.image.root,
    image: built.document,
    configDigest: built.configDigest,
    buildMilliseconds,
    ...(cacheHits === undefined ? {} : {cacheHits}),
    cacheTiers: built.cacheTiers,
    pushes,
    passed: results,
    metrics,
    growth: growthSince(earlier, metrics, given['max-growth'])
  }
}

function growthSince(earlier: readonly BuildMetrics[], now: BuildMetrics, maxGrowth: number) {
  const before = baselineOf(now, earlier)
  return before === undefined ? [] : growthOf(now, before, maxGrowth)
}
