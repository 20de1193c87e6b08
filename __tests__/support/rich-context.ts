import {cpSync, mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {rootFilesystem} from './components.js'

/** What the Containerfile says instead where the builder is too old for here-documents. */
const HEREDOC = 'RUN <<EOF\necho from a here-document > /made/heredoc\necho $GREETING >> /made/heredoc\nEOF\n'
const NO_HEREDOC = 'RUN echo from a line > /made/heredoc; echo $GREETING >> /made/heredoc\n'

/**
 * A context with a Containerfile of several stages that has all that image builds use: RUN, a here-document, a secret and
 * a cache, arguments, a health check and a user.
 */
export function richContext(hasHeredoc: boolean): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rich-'))
  for (const architecture of ['amd64', 'arm64'])
    cpSync(rootFilesystem(architecture), path.join(folder, `base-${architecture}.tar`))
  writeFileSync(path.join(folder, 'dependencies'), 'one\n')
  writeFileSync(path.join(folder, 'source'), 'first\n')
  writeFileSync(
    path.join(folder, 'Containerfile'),
    `FROM scratch AS base
ARG TARGETARCH
ADD base-\${TARGETARCH}.tar /
ENV PATH=/bin
FROM base AS build
ARG GREETING=none
COPY dependencies /dependencies
RUN mkdir -p /made
RUN --mount=type=cache,target=/cache echo cached >> /cache/file; cp /dependencies /made/dependencies
RUN --mount=type=secret,id=token wc -c < /run/secrets/token > /made/length; echo the secret is $(cat /run/secrets/token)
${hasHeredoc ? HEREDOC : NO_HEREDOC}COPY source /made/source
RUN uname -m > /made/machine
FROM base
COPY --from=build /made /made
RUN chown -R 65532:65532 /made
HEALTHCHECK --interval=30s --timeout=3s CMD ["/bin/cat", "/made/heredoc"]
USER 65532
CMD ["/bin/cat", "/made/heredoc"]
`
  )
  return folder
}
