import {type DifferenceRow, refusal} from './difference-row.js'

/** What is refused here and taken there. */
export const REFUSALS: readonly DifferenceRow[] = [
  {
    id: 'misspelled',
    given: 'an attribute that is misspelled, given twice, or of another type',
    there: 'is taken, the last one counts',
    here: 'an error, with what is near',
    explains: refusal(/is an attribute of no type|is not an attribute|is given twice|is not a number$/)
  },
  {
    id: 'onlatest-alone',
    given: '`onlatest=true` on a line of its own',
    there: 'does nothing',
    here: 'an error: it stands behind `prefix` or `suffix`',
    explains: refusal(/onlatest stands behind/)
  },
  {
    id: 'group',
    given: '`type=match,pattern=v(.*),group=2`',
    there: 'a warning, and no tag',
    here: 'an error: the pattern has one group',
    explains: refusal(/has \d+ groups?|is not a number/)
  },
  {
    id: 'match-without-group',
    given: '`match=` without a group',
    there: 'fails only where it matches',
    here: 'an error',
    explains: refusal(/has no group; put the version/)
  },
  {
    id: 'slow-expression',
    given: 'a regular expression with a reference (`\\1`), or a very long one',
    there: 'is taken, whatever time it takes',
    here: 'an error: its time is bounded',
    explains: refusal(/is not a regular expression/)
  },
  {
    id: 'unquoted-date',
    given: '`{{date YYYYMMDD}}` without quotes',
    there: '2024-01-05T12-00-00Z: the format is not seen',
    here: 'an error: the format stands in quotes',
    explains: refusal(/takes one format in quotes/)
  },
  {
    id: 'block',
    given: '`{{#if tag}}`, `{{>part}}`',
    there: 'Handlebars, in which the text `false` counts as true',
    here: 'an error: write `enable` or `on`',
    explains: refusal(/blocks and partials are not known/)
  },
  {
    id: 'unknown-name',
    given: '`{{prerelease}}`, `{{typo}}` in a template',
    there: 'nothing stands in its place',
    here: 'an error, with what is near',
    explains: refusal(/is not known (?:at this place|in a template)|takes no arguments/)
  },
  {
    id: 'date-format',
    given: 'a date format with what only moment has (`N`, `Mo`, `LT`, `z` outside UTC)',
    there: 'is taken',
    here: 'an error; plain text stands in `[ ]`',
    explains: refusal(/in the date format|is not a time zone/)
  },
  {
    id: 'image-name',
    given: 'an image with a tag, `acme/app:1.0`, or a name that no registry takes',
    there: '`acme/app:1.0:1.2.3`, and the push fails',
    here: 'an error',
    explains: refusal(/^images: /m)
  }
]

/** What no plan of tags shows. */
export const OTHER_DIFFERENCES: readonly DifferenceRow[] = [
  {
    id: 'same-name',
    given: '`feature/a` and `feature-a`',
    there: 'one tag, silently',
    here: 'noted; `ref-names: unique` tells them apart'
  },
  {
    id: 'created',
    given: '`org.opencontainers.image.created`',
    there: 'the clock of the run',
    here: 'the date of the commit: the same digest again'
  },
  {
    id: 'commit-date',
    given: '`{{commit_date}}` without a checkout',
    there: 'by the API',
    here: 'the date in the event; else by the API, where `github-token` is given; else the start of the run, with a note'
  },
  {
    id: 'label-without-value',
    given: 'a label without `=`',
    there: 'is dropped',
    here: 'an error'
  },
  {id: 'annotations', given: 'annotations', there: 'at the manifest', here: 'at manifest and index'},
  {
    id: 'provenance',
    given: 'a build without `provenance`',
    there: 'adds provenance (build-push-action)',
    here: 'none, unless `provenance` asks for it'
  }
]
