// The documentation as a site: `npm run docs` serves it, `npm run docs:build` makes the pages and fails at a dead link.
// The pages are the same Markdown that GitHub shows.
import path from 'node:path'
import {defineConfig} from 'vitepress'

const DOCS = path.resolve(import.meta.dirname, '..')
const SOURCE = 'https://github.com/org/image-release/blob/main'

const page = (text, link) => ({text, link})
const pages = (folder, names) => names.map(name => page(name, `/${folder}/${name}`))

export default defineConfig({
  title: 'image-release',
  description: 'Releases multi-architecture container images: all tags move together, or none.',
  lang: 'en',
  cleanUrls: true,
  // The decisions have a page of their own, which is their README.
  rewrites: {'adr/README.md': 'adr/index.md'},
  markdown: {
    // As GitHub does it, so that one link with an anchor is good for both.
    anchor: {
      slugify: text =>
        text
          .toLowerCase()
          .replace(/[^\p{L}\p{N}\-_ ]/gu, '')
          .replaceAll(' ', '-')
    },
    config: markdown => {
      markdown.core.ruler.push('links-to-sources', leadToSources)
      // GitHub shows <name> of a text as it is; here, too, only these are HTML.
      markdown.renderer.rules.html_inline = (tokens, index) =>
        /^<(!--|\/?(br|details|summary|img|picture|source|p|a)\b)/.test(tokens[index].content)
          ? tokens[index].content
          : markdown.utils.escapeHtml(tokens[index].content)
      // Two braces are a template's of ours, never an expression of Vue.
      for (const kind of ['text', 'code_inline']) {
        const render = markdown.renderer.rules[kind]
        markdown.renderer.rules[kind] = (...args) => render(...args).replaceAll('{{', '&#123;&#123;')
      }
    }
  },
  themeConfig: {
    search: {provider: 'local'},
    outline: [2, 3],
    socialLinks: [{icon: 'github', link: 'https://github.com/org/image-release'}],
    nav: [
      page('Quick start', '/#quick-start'),
      page('Guides', '/guides/variants'),
      page('Reference', '/reference'),
      page('Troubleshooting', '/troubleshooting')
    ],
    sidebar: [
      {
        text: 'Release an image',
        items: [
          page('Start', '/'),
          page('Variants', '/guides/variants'),
          page('Two registries, native runners', '/guides/two-registries'),
          page('Tested before tagged', '/guides/tested-before-tagged'),
          page('Environments and GitOps', '/guides/environments-and-gitops'),
          page('Services, caches, notes', '/guides/services-and-notes'),
          page('Planning', '/planning'),
          page('Builds', '/builds'),
          page('Tests, scans and numbers', '/gates'),
          page('Registries', '/registries'),
          page('Signing', '/signing'),
          page('Notes, deployments, other CI', '/delivery'),
          page('The page of a release', '/report'),
          page('Cleaning up', '/cleaning-up'),
          page('Where images are deleted', '/package-hosts'),
          page('What is supported where', '/support'),
          page('Glossary', '/glossary')
        ]
      },
      {
        text: 'Come from elsewhere',
        items: [page('Migration', '/migration'), page('Other clean-up actions', '/guides/clean-up-actions')]
      },
      {
        text: 'Are on call',
        items: [page('Troubleshooting by code', '/troubleshooting'), page('Security model', '/security')]
      },
      {
        text: 'Reference',
        items: [
          page('Overview, reusable workflow', '/reference'),
          ...pages('reference', [
            'release',
            'compute-tags',
            'init',
            'explain',
            'preflight',
            'build-by-digest'
          ]),
          ...pages('reference', ['rebuild', 'merge-manifest', 'verify-release', 'release-notes']),
          ...pages('reference', ['update-manifests', 'rollback-release', 'doctor', 'promote-release']),
          ...pages('reference', ['cleanup-latest', 'report', 'registry', 'demo'])
        ]
      },
      {
        text: 'Contribute',
        items: [
          page('Architecture', '/architecture'),
          page('Decisions', '/adr/'),
          page('What the reference systems ask for', '/requirements'),
          page('Publishing this project', '/publishing')
        ]
      }
    ]
  }
})

/** Links to files that are no pages of the site lead to the repository; those of README, which is the first page, to pages. */
function leadToSources({tokens, env}) {
  const isReadme = env.relativePath === 'index.md'
  const folder = isReadme ? path.dirname(DOCS) : path.dirname(path.join(DOCS, env.relativePath))
  for (const {children} of tokens)
    for (const token of children ?? []) {
      // Pictures are bundled: README names them from the folder above.
      if (token.type === 'image' && isReadme)
        token.attrSet('src', token.attrGet('src').replace(/^docs\//, './'))
      const href = token.attrGet('href') ?? ''
      if (token.type !== 'link_open' || href === '' || /^([a-z]+:|#)/.test(href)) continue
      const [file, anchor] = href.split('#')
      const target = path.relative(DOCS, path.resolve(folder, file))
      const isPage = target.endsWith('.md') && !target.startsWith('..')
      const address = isPage ? `/${target}` : `${SOURCE}/${path.join('docs', target)}`
      token.attrSet('href', anchor === undefined ? address : `${address}#${anchor}`)
    }
}
