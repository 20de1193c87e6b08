import {InputError} from '../../errors.js'
import {fingerprintSource} from '../../checks/fingerprint-gate.js'
import {ENGINE_WISHES} from '../../checks/image-engine.js'
import {SBOM_FORMATS} from '../../checks/sbom/sbom-preset.js'
import {PROOF_DEMANDS} from '../../checks/scan/scan-proof.js'
import {SCAN_LEVELS} from '../../checks/scan/scan-preset.js'
import {
  type InputValues,
  choice,
  count,
  duration,
  flag,
  json,
  lines,
  list,
  parsed,
  text
} from '../../command/input.js'
import {parseMetrics} from '../../contracts/metrics-document.js'
import {parseScanJobs} from '../../contracts/scan-jobs.js'
import {SCAN_THRESHOLDS} from '../../checks/scan/scan-count.js'

/** What must hold of an image before it is handed over: inputs of build-by-digest. */
export const gateInputs = {
  test: text({
    summary:
      'Lines for sh that test the image before it is pushed. They find it in the variables IMAGE, ENGINE, IMAGE_DIGEST, IMAGE_LAYOUT, PLATFORM and TARGET; if they fail, nothing is pushed.',
    placeholder: 'COMMAND'
  }),
  'test-after': choice(['build', 'push'], {
    summary:
      'When the test runs: before anything is pushed, or when the image is in every registry without a tag, with IMAGE as its reference there. A test that fails leaves no record either way.',
    default: 'build'
  }),
  'test-logs-name': text({
    summary:
      'The name of the artifact that keeps the log of the test, with {target}, {platform}, {version}, {plan} for its id, and the axes of the variant. Default: test-logs-{target}, and -{platform} where the plan has several.',
    placeholder: 'NAME'
  }),
  'load-into': choice(ENGINE_WISHES, {
    summary:
      'What the image is loaded into for the test. auto: the one of docker, podman and buildah that the lines of the test call, else the first that works here; none: the test reads IMAGE_LAYOUT.',
    default: 'auto'
  }),
  'load-as': text({
    summary:
      'A local name under which the image stays loaded for the steps after this one, with the same fields. Default: a name for the test alone.',
    placeholder: 'NAME'
  }),
  scan: text({
    summary:
      'What looks for vulnerabilities: trivy, grype, snyk, or lines for sh that write SARIF to the file that the variable SCAN_REPORT names. The scanner must be installed.',
    placeholder: 'SCANNER|COMMAND'
  }),
  'scan-severity': choice(SCAN_THRESHOLDS, {
    summary: 'From which severity on a finding stops the push; never only counts.',
    default: 'critical'
  }),
  'scan-ignore': list(
    {summary: 'Findings that do not count, by their identifiers.', placeholder: 'CVE'},
    id => id
  ),
  vex: lines(
    {
      summary:
        'OpenVEX documents, one file a line: findings that a statement about this image calls not_affected or fixed do not count, and are shown apart with its justification.',
      placeholder: 'FILE'
    },
    file => file.trim()
  ),
  'scan-fixed-only': flag({summary: 'Leave out what nobody has mended yet, with trivy and grype.'}),
  'scan-args': lines({summary: 'Further arguments for trivy, grype or snyk, one a line.'}, line =>
    line.trim()
  ),
  'scan-proof': choice(PROOF_DEMANDS, {
    summary:
      'Whether the report must show that it is of this image, by a digest in it. waived takes one that names no image as it is, for lines of your own whose scanner cannot name it; one of another image is refused all the same.',
    default: 'required'
  }),
  'scan-level': choice(SCAN_LEVELS, {
    summary: 'How closely it is looked at: basic is for critical findings only.',
    default: 'full'
  }),
  'scan-matrix': json(
    {
      summary:
        'The output scan-matrix of compute-tags: the target is scanned at the level that it says there, and not at all where it is not in it.',
      placeholder: 'JSON|FILE'
    },
    parseScanJobs
  ),
  'sbom-command': text({
    summary:
      'What makes a bill of materials, attached to the image in every registry: syft, trivy, or lines for sh that write it to the file that the variable SBOM_FILE names.',
    placeholder: 'TOOL|COMMAND'
  }),
  'sbom-format': choice(SBOM_FORMATS, {
    summary: 'The format that syft and trivy are asked for.',
    default: 'spdx'
  }),
  'sbom-file': text({
    summary: 'A bill of materials that is there already, SPDX or CycloneDX, to attach to the image.',
    placeholder: 'FILE'
  }),
  'gate-env': list(
    {
      summary:
        'Variables of this process that test, scan and bill of materials get beside those that programs need to work. No others are passed on, for there may be secrets among them.',
      placeholder: 'VARIABLE'
    },
    parseVariable
  ),
  'gate-timeout': duration({
    summary: 'How long test, scan and bill of materials may take, each; 0 is for ever.',
    default: '30m'
  }),
  'expected-fingerprint': parsed(
    {
      summary:
        'The fingerprint of the layers that were tested, which this image must have: its value, a file, or artifact:NAME with the same fields as test-logs-name.',
      placeholder: 'VALUE|FILE|artifact:NAME'
    },
    fingerprintSource
  ),
  'fingerprint-name': text({
    summary:
      'The name of an artifact, and of the file in it, that keeps the fingerprint of the layers, with the same fields as test-logs-name.',
    placeholder: 'NAME'
  }),
  'metrics-baseline': json(
    {
      summary: 'Metrics of an earlier build, or a list of several: what grew since then is a warning.',
      placeholder: 'JSON|FILE'
    },
    parseMetrics
  ),
  'max-growth': count({
    summary: 'How much image, layers, build time and findings may grow, in percent, without a warning.',
    default: '10',
    min: 0,
    max: 100_000
  }),
  'keep-metrics': flag({
    summary:
      'Keep the metrics as an artifact, metrics-<plan-id>-<target>-<platform>; without a plan, metrics-<target>-<platform>.'
  })
}

/** What these inputs say. */
export type GateInputs = InputValues<typeof gateInputs>

function parseVariable(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name)) return name
  const message = `${JSON.stringify(name)} is not the name of a variable, or the start of one with *`
  throw new InputError([{input: 'gate-env', message}])
}
