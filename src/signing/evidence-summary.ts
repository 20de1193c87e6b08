import {type Markdown, code, fence, joined, link, markdownTable, prose, words} from '../shared/markdown.js'
import type {EvidenceView, SignedView} from './evidence.js'
import {cosignVerify, ghVerify} from './verify-commands.js'

/** One command a line, ready to copy, which verifies a signature or attestation. */
export function evidenceCommands(view: EvidenceView): string[] {
  return [
    ...view.signed.map(signed => cosignCommand(signed, view)),
    ...view.attested.flatMap(({references}) =>
      references.map(reference => ghVerify(reference, view.repository ?? 'OWNER/NAME'))
    )
  ]
}

function cosignCommand({reference, isInsecure, identity}: SignedView, {key, log}: EvidenceView): string {
  const signer =
    identity === undefined ? {key: publicKeyOf(key)} : {identity: identity.subject, issuer: identity.issuer}
  return cosignVerify(reference, signer, [
    ...(log ? [] : ['--insecure-ignore-tlog=true']),
    ...(isInsecure ? ['--allow-http-registry'] : [])
  ])
}

/** A KMS signs and verifies by one name; beside a file lies its public part, as cosign names it. */
function publicKeyOf(key = ''): string {
  if (key.includes('://') && !key.startsWith('env://')) return key
  return key.endsWith('.key') ? key.replace(/\.key$/, '.pub') : 'cosign.pub'
}

/** The outputs of a command that signs and attests. */
export function evidenceOutputs(view: EvidenceView) {
  return {
    signed: view.signed.map(({reference}) => reference).join('\n'),
    attestations: view.attested
      .map(({url}) => url ?? '')
      .filter(Boolean)
      .join('\n'),
    'verify-commands': evidenceCommands(view).join('\n')
  }
}

/** Says in the log what was signed and attested, and how that is verified. */
export function logEvidence(view: EvidenceView, log: {info(line: string): void}): void {
  for (const {reference} of view.signed) log.info(`signed ${reference}`)
  for (const {references, url} of view.attested)
    log.info(`attested ${references.join(', ')}${url === undefined ? '' : `: ${url}`}`)
  const commands = evidenceCommands(view)
  if (commands.length > 0) log.info('Verify with:')
  for (const command of commands) log.info(`  ${command}`)
}

/** The section of the job summary; empty where nothing was signed or attested. */
export function evidenceSummary(view: EvidenceView): Markdown {
  const rows = [
    ...view.signed.map(({reference, identity}) => [
      code(reference),
      prose`signature`,
      words(identity?.subject ?? view.key ?? '')
    ]),
    ...view.attested.flatMap(({references, url}) =>
      references.map(reference => [code(reference), prose`build provenance`, link(url ?? '')])
    )
  ]
  if (rows.length === 0) return prose``
  return joined([
    prose`## Signatures and attestations`,
    markdownTable(['Image', 'What', 'By'], rows),
    prose`**Verify**`,
    fence('sh', evidenceCommands(view).join('\n'))
  ])
}
