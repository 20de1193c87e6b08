#!/usr/bin/env node
// Writes what is new in a version to the top of its release on GitHub: `node scripts/publish/github-release.mjs v1.2.3 < changes`.
// The release is made where there is none; what it says of the images stays. Needs GITHUB_TOKEN, which may write contents.
import {text} from 'node:stream/consumers'

const {GITHUB_API_URL = 'https://api.github.com', GITHUB_REPOSITORY = '', GITHUB_TOKEN = ''} = process.env
const [tag = ''] = process.argv.slice(2)
const [BEGIN, END] = ['<!-- changes: begin -->', '<!-- changes: end -->']
const section = `${BEGIN}\n${(await text(process.stdin)).trim()}\n${END}`

const release = await call('GET', `releases/tags/${tag}`, undefined, [200, 404])
if (release.status === 404)
  await call('POST', 'releases', {
    tag_name: tag,
    name: tag,
    body: section,
    prerelease: tag.includes('-')
  })
else {
  const {id, body, name, prerelease} = release.document
  const rest = (body ?? '').replace(new RegExp(`^${BEGIN}[^]*?${END}\\s*`), '')
  const wanted = {
    body: rest === '' ? section : `${section}\n\n${rest}`,
    name: name || tag,
    prerelease: tag.includes('-')
  }
  const isThere = wanted.body === body && wanted.name === name && wanted.prerelease === prerelease
  if (!isThere) await call('PATCH', `releases/${id}`, wanted)
}

async function call(method, path, body, expected = [200, 201]) {
  const url = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/${path}`
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${GITHUB_TOKEN}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28'
    },
    ...(body === undefined ? {} : {body: JSON.stringify(body)})
  })
  const answer = await response.text()
  if (!expected.includes(response.status)) {
    console.error(`${method} ${url}: ${response.status} ${answer.slice(0, 500)}`)
    process.exit(1)
  }
  return {status: response.status, document: response.status === 404 ? undefined : JSON.parse(answer)}
}
