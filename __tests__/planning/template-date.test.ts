import {expect, it} from '@jest/globals'
import {dateFormatFault, formatDate} from '../../src/planning/rules/template-date.js'

it.each([
  ['2020-01-09T23:45:00Z', 'DDD', 'UTC', '9'],
  ['2020-01-09T23:45:00Z', 'DDDD', 'UTC', '009'],
  ['2020-01-09T23:45:00Z', 'DDDD', 'Europe/Berlin', '010'],
  ['2020-12-31T12:00:00Z', 'YYYY-DDDD', 'UTC', '2020-366'],
  ['2020-01-09T23:45:00Z', 'D DD Do', 'UTC', '9 09 9th'],
  ['2020-01-12T00:00:00.789Z', 'E e S SS SSS', 'UTC', '7 0 7 78 789'],
  ['2020-01-09T23:05:07Z', 'Hmm Hmmss hmm hmmss', 'UTC', '2305 230507 1105 110507'],
  ['1970-01-01T00:00:01.002Z', 'X x z zz', 'UTC', '1 1002 UTC UTC']
])('writes %s by %s in %s as %s', (time, format, zone, expected) => {
  expect([dateFormatFault(format, zone), formatDate(time, format, zone)]).toEqual([undefined, expected])
})
