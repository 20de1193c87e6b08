import {choice, entries, lines, parsed, text} from '../../command/input.js'
import {CACHE_MODES} from '../caches/cache-policy.js'
import {parseCacheTier} from '../caches/cache-tier.js'

/** Where a build finds steps of earlier builds, and whether it leaves its own. */
export const cacheInputs = {
  cache: lines(
    {
      summary:
        'Caches in their order, one a line: gha, registry, previous, inline, local; with =PLACE, in which {target}, {platform}, {image}, {prefix} and the axes of a variant stand for theirs, and with ,read for one that is not written. No cache can fail a build.',
      placeholder: 'TIER'
    },
    parseCacheTier
  ),
  'cache-mode': choice(CACHE_MODES, {
    summary:
      'How those caches are used. auto: by the event. A pull request builds anew and apart; a schedule or rebuild builds anew and writes; a Git tag or a start by hand reads, and writes where dependencies changed; a branch reads and writes.',
    default: 'auto'
  }),
  rebuild: parsed(
    {
      summary:
        'true where base images are to be fetched and every step is to be built anew: the output rebuild_flag of compute-tags.',
      variable: 'REBUILD_FLAG',
      placeholder: 'true|false'
    },
    parseTruth
  ),
  'cache-update': parsed(
    {
      summary:
        'true where the dependencies changed, so that caches are worth writing: the output dependencies-changed of compute-tags.',
      variable: 'CACHE_UPDATE',
      placeholder: 'true|false'
    },
    parseTruth
  ),
  mode: parsed(
    {
      summary: 'The stage of a pipeline that builds twice: test, or push, which only reads the caches.',
      variable: 'MODE',
      placeholder: 'test|push'
    },
    parseStage
  ),
  'cache-prefix': text({
    summary: 'The start of the names of all caches, for projects that share a place.',
    variable: 'CACHE_KEY_PREFIX',
    placeholder: 'PREFIX'
  }),
  'cache-from': entries(
    {summary: 'Further caches to read, as buildx writes them.', placeholder: 'CACHE'},
    entry
  ),
  'cache-to': entries(
    {summary: 'Further caches to write, as buildx writes them.', placeholder: 'CACHE'},
    entry
  )
}

/** Variables of other tools have these names, too: what is not meant here says nothing. */
function parseTruth(value: string): boolean | undefined {
  if (/^(?:true|1|yes)$/i.test(value)) return true
  return /^(?:false|0|no)$/i.test(value) ? false : undefined
}

function parseStage(value: string): 'test' | 'push' | undefined {
  return value === 'test' || value === 'push' ? value : undefined
}

function entry(value: string): string {
  return value
}
